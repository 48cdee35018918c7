import CloudCore
import DeviceCore
import DeviceProtocol

extension DeviceNode {
  /// What does not change in a run.
  struct Specification {
    let common: Common
    /// Among those that share it, from 1; 0 of a device that shares it with none.
    let number: Int32
    /// Of the owner's app; of the world's list.
    private let ownerIndex: Int32

    init(_ common: Common, number: Int = 0, owner: Int) {
      self.common = common
      self.number = Int32(number)
      self.ownerIndex = Int32(owner)
    }

    var owner: Int { Int(self.ownerIndex) }
    var nickname: String {
      self.number == 0 ? self.common.nickname : "\(self.common.nickname)\(self.number)"
    }
    var kind: DeviceKind { self.common.constants.manufacture.kind }
    var manufacture: Manufacture { self.common.constants.manufacture }
    var firmware: FirmwareDescription { self.common.constants.firmware }
    var timing: DeviceTiming { self.common.constants.timing }
    var home: Int { self.common.home }
    var ssid: SSID { self.common.ssid }
    var relinkPolicy: RelinkPolicy { self.common.relinkPolicy }

    var certificate: DeviceCertificate { self.common.identities.certificate(number: self.number) }
    var id: DeviceID { self.common.identities.id(number: self.number) }
  }

  /// Of one device, or of a fleet's devices that are all alike.
  final class Common: Sendable {
    /// What comes before the number, of a fleet.
    let nickname: String
    let constants: DeviceConstants
    let home: Int
    let ssid: SSID
    let relinkPolicy: RelinkPolicy
    let identities: Identities
    /// What a device says of itself, as the cloud reads it.
    let words: ClientWords

    init(
      nickname: String, constants: DeviceConstants, home: Int, ssid: SSID,
      relinkPolicy: RelinkPolicy, identities: Identities
    ) {
      self.nickname = nickname
      self.constants = constants
      self.home = home
      self.ssid = ssid
      self.relinkPolicy = relinkPolicy
      self.identities = identities
      self.words = ClientWords(
        clientID: CloudFront.clientID(of: constants.manufacture.kind),
        model: text(constants.manufacture.model), firmwareVersion: text(constants.firmware.version))
    }
  }

  /// Who the devices are that share a specification: a fleet's identities are made when they are
  /// asked for, from the seed, rather than kept.
  enum Identities: Sendable {
    case one(DeviceCertificate)
    /// - Parameter first: The place of the first one in the world's list.
    case many(seed: UInt64, first: Int)

    func certificate(number: Int32) -> DeviceCertificate {
      switch self {
      case .one(let certificate): return certificate
      case .many(let seed, let first):
        let index = first + Int(number) - 1
        return Self.certificate(
          SeededRandom(seed: seed, stream: .identity, index: index), index: index)
      }
    }

    func id(number: Int32) -> DeviceID {
      switch self {
      case .one(let certificate): return certificate.deviceID
      case .many(let seed, let first):
        var random = SeededRandom(
          seed: seed, stream: .identity, index: first + Int(number) - 1)
        return DeviceID(random: &random)
      }
    }

    /// Of the device at a place of the world's list: a random UUID (RFC 9562 §5.4) and thumbprint.
    static func certificate(_ random: SeededRandom, index: Int) -> DeviceCertificate {
      var random = random
      let id = DeviceID(random: &random)
      guard
        let certificate = DeviceCertificate(
          deviceID: id, serialNumber: Self.serial(index: index),
          thumbprint: Bytes32(random: &random))
      else { preconditionFailure("a serial number of letters and digits") }
      return certificate
    }

    static func serial(index: Int) -> String { "SIM-\(index + 1)" }
  }
}
