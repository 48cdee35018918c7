package import CloudCore
import DeviceProtocol

/// Records that differ by a number, with every field set to something of its own.
package enum Sample {
  package static func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  package static func accountID(_ number: Int) -> AccountID { AccountID(self.uuid(number))! }
  package static func sessionID(_ number: Int) -> SessionID { SessionID(self.uuid(number))! }
  package static func deviceID(_ number: Int) -> DeviceID { DeviceID(self.uuid(number))! }

  package static let otherRegion = Region("eu-west")!

  package static func hash(_ number: Int) -> TokenHash {
    TokenHash(Bytes32(repeating: UInt8(number & 0xFF)))
  }

  package static func account(_ number: Int) -> Account {
    Account(
      id: self.accountID(number), email: EmailAddress("owner\(number)@example.org")!,
      passwordHash: CloudFixture.passwordHash, createdAt: UnixMilliseconds(1_000))
  }

  package static func epochs(_ first: UInt64) -> EpochReading {
    EpochReading(
      everyone: first, kind: first + 1, region: first + 5, account: first + 2,
      device: first + 3, session: first + 4, issuedBefore: first + 6)
  }

  package static func cutOffs(_ steps: (epoch: UInt64, before: UInt64)...) -> CutOffs {
    CutOffs(steps.map { CutOff(epoch: $0.epoch, before: UnixMilliseconds($0.before)) })
  }

  package static let noEpochs = EpochReading(
    everyone: 0, kind: 0, account: 0, device: 0, session: 0)

  package static func session(
    _ number: Int, account: Int, kind: ClientKind = .app, device: DeviceID? = nil,
    binding: TokenBinding? = .certificate(Bytes32(repeating: 7)),
    epochs: EpochReading = Sample.noEpochs, end: SessionEnd? = nil
  ) -> Session {
    Session(
      id: self.sessionID(number), kind: kind, clientID: "relink-\(kind.rawValue)",
      account: self.accountID(account), device: device,
      binding: binding,
      createdAt: UnixMilliseconds(2_000), epochs: epochs, generation: 3, liveHash: self.hash(1),
      previousHash: self.hash(2), successorNonce: Bytes32(repeating: 9),
      rotatedAt: UnixMilliseconds(3_000), liveMintedAt: UnixMilliseconds(2_900),
      confirmedGeneration: 2, end: end)
  }

  package static func device(_ number: Int, owner: Int?) -> DeviceRecord {
    DeviceRecord(
      id: self.deviceID(number), kind: .scale, model: "RS-1", serial: "SN-\(number)",
      nickname: "Waage 🏠", firmwareVersion: "1.2.3", owner: owner.map { self.accountID($0) },
      binding: 1, boundAt: UnixMilliseconds(4_000), session: nil, relinkPolicy: .silent,
      ssid: SSID([0, 0xFF, 0x20]), signalDBm: -61, uptimeMilliseconds: 123_456,
      lastSeen: UnixMilliseconds(5_000))
  }

  package static func motion(_ sequence: UInt32, device: Int, binding: UInt64 = 1) -> MotionRecord {
    MotionRecord(
      device: self.deviceID(device), binding: binding, sequence: sequence,
      at: UnixMilliseconds(6_000))
  }

  package static func measurement(
    _ sequence: UInt32, device: Int, binding: UInt64 = 1
  ) -> MeasurementRecord {
    MeasurementRecord(
      device: self.deviceID(device), binding: binding, sequence: sequence,
      at: UnixMilliseconds(7_000), weightGrams: 71_300, impedanceOhms: 512, fatPermille: 213,
      waterPermille: nil, muscleGrams: 31_000, boneGrams: 2_900)
  }
}
