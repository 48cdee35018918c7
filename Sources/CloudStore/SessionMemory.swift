import CloudCore
import DeviceProtocol
import Synchronization

/// What checks of tokens have read of sessions lately, for as long as it is what the database says.
///
/// Most requests do nothing else than check a token, and nothing that such a check reads changes for
/// a long time. The database is this process's alone, so whoever changes it says so here: what a
/// commit may change is forgotten before the commit, and is not learnt again until that is over.
/// So no reader ever sees an older state than another one saw before it.
final class SessionMemory: Sendable {
  /// All that one check read, of one snapshot.
  final class Facts: Sendable {
    let session: SessionID
    let state: SessionState
    let subject: EpochSubject
    let epochs: EpochReading
    /// Nil unless it was read: the owner of the subject's device, if it has one.
    let owner: AccountID??

    init(
      session: SessionID, state: SessionState, subject: EpochSubject, epochs: EpochReading,
      owner: AccountID??
    ) {
      self.session = session
      self.state = state
      self.subject = subject
      self.epochs = epochs
      self.owner = owner
    }
  }

  private struct State {
    var facts: [SessionID: Facts] = [:]
    /// Raised when a commit begins and when it ends.
    var stamp: UInt64 = 0
    /// What the commit that is under way may change.
    var changing: ChangedRecords.Reach?
  }

  /// Some 10 MB.
  private static let largestCount = 32_768

  private let state = Mutex(State())

  func facts(of session: SessionID) -> Facts? { self.state.withLock { $0.facts[session] } }

  /// To be asked for before what is to be remembered is read.
  var stamp: UInt64 { self.state.withLock { $0.stamp } }

  /// Keeps the facts unless they may have changed since the stamp.
  func remember(_ facts: Facts, readAfter stamp: UInt64) {
    self.state.withLock { state in
      guard state.stamp == stamp, state.changing?.includes(facts.session) != true else { return }
      if state.facts.count >= Self.largestCount { state.facts.removeAll(keepingCapacity: true) }
      state.facts[facts.session] = facts
    }
  }

  func beginCommit(of reach: ChangedRecords.Reach) {
    self.state.withLock { state in
      state.stamp += 1
      state.changing = reach
      switch reach {
      case .sessions(let sessions): for session in sessions { state.facts[session] = nil }
      case .everything: state.facts.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Whether it succeeded or not.
  func endCommit() {
    self.state.withLock { state in
      state.stamp += 1
      state.changing = nil
    }
  }
}

/// What the bodies of a batch have changed, as far as it matters to `SessionMemory`.
final class ChangedRecords {
  enum Reach {
    case sessions(Set<SessionID>)
    case everything

    func includes(_ session: SessionID) -> Bool {
      switch self {
      case .sessions(let sessions): sessions.contains(session)
      case .everything: true
      }
    }
  }

  private(set) var reach = Reach.sessions([])

  func add(_ change: Change) {
    guard case .sessions(var sessions) = self.reach else { return }
    switch change {
    case .nothingRead: return
    case .session(let session):
      // Else the set would be copied.
      self.reach = .everything
      sessions.insert(session)
      self.reach = .sessions(sessions)
    case .anything: self.reach = .everything
    }
  }
}

/// What a statement may change of that which checks of tokens read.
enum Change {
  /// The default.
  case anything
  /// The state of this session alone.
  case session(SessionID)
  case nothingRead
}

/// Collects what a check reads of the database.
final class ReadFacts {
  private var state: (SessionID, SessionState)?
  private var epochs: (EpochSubject, EpochReading)?
  private var owner: (DeviceID, AccountID?)?

  func note(_ session: SessionID, _ state: SessionState) {
    if self.state == nil { self.state = (session, state) }
  }

  func note(_ subject: EpochSubject, _ epochs: EpochReading) {
    if self.epochs == nil { self.epochs = (subject, epochs) }
  }

  func note(_ device: DeviceID, owner: AccountID?) {
    if self.owner == nil { self.owner = (device, owner) }
  }

  /// Nil unless a session was checked.
  var facts: SessionMemory.Facts? {
    guard let (session, state) = self.state, let (subject, epochs) = self.epochs,
      subject.session == session
    else { return nil }
    let owner: AccountID?? = self.owner.flatMap { $0.0 == subject.device ? .some($0.1) : nil }
    return SessionMemory.Facts(
      session: session, state: state, subject: subject, epochs: epochs, owner: owner)
  }
}
