import DeviceProtocol

/// A session in a fifth less memory, as there are millions of them: what many share is kept once,
/// and said by its number.
struct PackedSession: TableRecord {
  let id: SessionID
  let account: AccountID
  let createdAt: UnixMilliseconds
  let generation: UInt64
  let confirmedGeneration: UInt64
  let rotatedAt: UnixMilliseconds
  let liveMintedAt: UnixMilliseconds
  let device: DeviceID?
  let kind: ClientKind
  let end: SessionEnd?
  fileprivate let clientNumber: UInt16
  fileprivate let epochsNumber: UInt32
  let binding: TokenBinding?
  let liveHash: TokenHash
  let previousHash: TokenHash?
  let successorNonce: Bytes32?

  var key: SessionID { self.id }

  func state(_ common: Common) -> SessionState {
    SessionState(
      generation: self.generation, confirmedGeneration: self.confirmedGeneration, end: self.end,
      clientID: common.clientIDs[Int(self.clientNumber)], accessMark: 0)
  }

  /// What sessions share. It only grows, with the clients and the logouts that there were.
  struct Common: Sendable {
    fileprivate var clientIDs: [String] = []
    fileprivate var epochs: [EpochReading] = []
    private var epochsNumbers: [EpochReading: UInt32] = [:]

    mutating func pack(_ session: Session) -> PackedSession {
      PackedSession(
        id: session.id, account: session.account, createdAt: session.createdAt,
        generation: session.generation, confirmedGeneration: session.confirmedGeneration,
        rotatedAt: session.rotatedAt, liveMintedAt: session.liveMintedAt, device: session.device,
        kind: session.kind, end: session.end, clientNumber: self.number(of: session.clientID),
        epochsNumber: self.number(of: session.epochs),
        binding: session.binding, liveHash: session.liveHash,
        previousHash: session.previousHash, successorNonce: session.successorNonce)
    }

    private mutating func number(of clientID: String) -> UInt16 {
      if let index = self.clientIDs.firstIndex(of: clientID) { return UInt16(index) }
      self.clientIDs.append(clientID)
      return UInt16(self.clientIDs.count - 1)
    }

    private mutating func number(of reading: EpochReading) -> UInt32 {
      // Mostly all are of the present epochs.
      if let newest = self.epochs.last, newest == reading { return UInt32(self.epochs.count - 1) }
      if let number = self.epochsNumbers[reading] { return number }
      let number = UInt32(self.epochs.count)
      self.epochs.append(reading)
      self.epochsNumbers[reading] = number
      return number
    }
  }
}

extension Session {
  init(_ packed: PackedSession, _ common: PackedSession.Common) {
    self.init(
      id: packed.id, kind: packed.kind, clientID: common.clientIDs[Int(packed.clientNumber)],
      account: packed.account, device: packed.device,
      binding: packed.binding, createdAt: packed.createdAt,
      epochs: common.epochs[Int(packed.epochsNumber)], generation: packed.generation,
      liveHash: packed.liveHash, previousHash: packed.previousHash,
      successorNonce: packed.successorNonce, rotatedAt: packed.rotatedAt,
      liveMintedAt: packed.liveMintedAt, confirmedGeneration: packed.confirmedGeneration,
      end: packed.end)
  }
}
