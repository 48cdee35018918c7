import CloudCore
import DeviceProtocol

/// What every token, session, pairing token and device must be, told from the exchanges alone: the
/// cloud's answers are compared with what the documents promise, not with its code.
///
/// It is written in another way than the cloud on purpose. A logout marks every session that it
/// covers, one by one; a session has the list of all its refresh tokens; nothing is derived from what
/// a token contains. So that the two do not share their mistakes.
///
/// A value: a copy is a snapshot.
package struct Model: Sendable {
  let settings: Settings

  var accounts: [AccountID: AccountRow] = [:]
  var accountsByEmail: [String: AccountID] = [:]
  /// All there ever were, in the order in which they began; rows refer to them by index.
  var sessions: [SessionRow] = []
  /// Of those whose id was seen.
  var sessionsByID: [SessionID: Int] = [:]
  var accessTokens = TokenTable<AccessTokenRow>()
  var refreshTokens = TokenTable<RefreshTokenRow>()
  var codes: [String: CodeRow] = [:]
  var pairingTokens: [String: PairingTokenRow] = [:]
  var devices: [DeviceID: DeviceRow] = [:]

  var sweeps = Sweeps()
  /// Counts the exchanges, so that there is an order whatever the clock says.
  var order = 0
  /// The latest that the cloud's clock has ever shown.
  var latestClock = UnixMilliseconds(0)
  /// Logins that failed for a wrong password.
  var wrongPasswordCount = 0

  package init(cloud: Scenario.CloudSettings) { self.settings = Settings(cloud) }

  /// Looks at one exchange, in the order of the cloud's commits. After a violation the model is of no
  /// more use.
  ///
  /// - Returns: Nil if the answer is what it must be; else the rule that it breaks.
  package mutating func observe(_ exchange: ObservedExchange) -> Violation? {
    self.order += 1
    self.latestClock = max(self.latestClock, exchange.at)
    do throws(Violation) {
      if case .refused(let status, let reason) = exchange.answer, status >= 500 {
        throw Violation(
          rule: 2, seen: "the cloud answered \(status) \(reason), which nobody ordered",
          concerns: exchange.certificate.map { [$0.text] } ?? [])
      }
      try self.take(exchange)
      return nil
    } catch {
      return error
    }
  }

  private mutating func take(_ exchange: ObservedExchange) throws(Violation) {
    switch exchange.request {
    case .resource(let token, let resource):
      try self.take(resource, with: token, exchange)
    case .refresh(let token, let kind):
      try self.refresh(token, kind: kind, exchange)
    case .pair(let token, let kind):
      try self.pair(token, kind: kind, exchange)
    case .relink:
      try self.relink(exchange)
    case .revoke(let token, let kind):
      try self.revoke(token, kind: kind, exchange)
    case .register(let email, let region):
      try self.register(email, region, exchange)
    case .authorize(let email, let isPasswordRight):
      try self.authorize(email, isPasswordRight: isPasswordRight, exchange)
    case .exchangeCode(let code, let kind):
      try self.exchangeCode(code, kind: kind, exchange)
    }
  }
}

extension Model {
  /// What the operator chose, in the units of the protocol.
  struct Settings: Sendable {
    let accessTokenSeconds: UInt32
    let pairingTokenSeconds: UInt32
    /// By kind of client, in the order of `ClientKind.allCases`.
    private let policies: [TokenPolicy]
    let binding: BindingPolicy
    /// Not to be chosen.
    let codeMilliseconds: UInt64 = 60_000

    init(_ cloud: Scenario.CloudSettings) {
      self.accessTokenSeconds = UInt32(clamping: cloud.accessTokenLifetime.components.seconds)
      self.pairingTokenSeconds = UInt32(clamping: cloud.pairingTokenLifetime.components.seconds)
      self.policies = ClientKind.allCases.map { cloud.policy(of: $0) }
      self.binding = cloud.binding
    }

    /// What the operator ordered for the clients of this kind.
    func policy(of kind: ClientKind) -> TokenPolicy {
      self.policies[ClientKind.allCases.firstIndex(of: kind) ?? 0]
    }
  }

  static func time(_ milliseconds: UInt64, after time: UnixMilliseconds) -> UnixMilliseconds {
    let (sum, overflow) = time.value.addingReportingOverflow(milliseconds)
    return UnixMilliseconds(overflow ? .max : sum)
  }
}
