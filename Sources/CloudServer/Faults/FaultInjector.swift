package import CloudCore
import DeviceProtocol
import Logging
import NIOSSL
import Synchronization

/// The faults in force, for all connections; and how the faults of TLS are done.
final class FaultInjector: Sendable {
  private let plan = Mutex(FaultPlan())
  private let hasRequestRules = Atomic(false)
  private let hasConnectionRules = Atomic(false)
  private let wrongContexts = Mutex<[WrongCertificate: NIOSSLContext]>([:])
  private let certificates: WrongCertificates
  private let clock: WallClock
  /// Counts by action and phase.
  private let fired: CounterFamily
  private let logger: Logger

  init(
    certificates: WrongCertificates, clock: @escaping WallClock, fired: CounterFamily,
    logger: Logger
  ) {
    self.certificates = certificates
    self.clock = clock
    self.fired = fired
    self.logger = logger
  }

  /// Reads or changes the plan.
  func withPlan<Value>(_ body: (inout sending FaultPlan) -> sending Value) -> Value {
    self.plan.withLock { plan in
      let value = body(&plan)
      // Looked at for each request and connection, which mostly is all there is to do.
      self.hasRequestRules.store(plan.hasRequestRules, ordering: .releasing)
      self.hasConnectionRules.store(plan.hasConnectionRules, ordering: .releasing)
      return value
    }
  }

  var strikesRequests: Bool { self.hasRequestRules.load(ordering: .acquiring) }
  var strikesConnections: Bool { self.hasConnectionRules.load(ordering: .acquiring) }

  /// - Throws: `FaultProblem` when this cloud can't present such a certificate.
  func prepare(_ specification: FaultSpecification) throws(FaultProblem) {
    guard case .certificate(let wrong) = specification.action else { return }
    guard self.wrongContexts.withLock({ $0[wrong] }) == nil else { return }
    let context: NIOSSLContext
    do {
      context = try NIOSSLContext(configuration: try self.certificates.make(wrong).configuration)
    } catch let problem as FaultProblem {
      throw problem
    } catch {
      self.logger.error("a wrong certificate can't be made", metadata: ["error": "\(error)"])
      throw FaultProblem("this cloud can't make a certificate that is '\(wrong.rawValue)'")
    }
    self.wrongContexts.withLock { $0[wrong] = context }
  }

  /// - Parameter shownPath: What the firing keeps of the subject's path.
  func decide(_ subject: FaultSubject, shownPath: String) -> FaultFiring? {
    let firing = self.plan.withLock {
      $0.decide(subject, shownPath: shownPath, at: self.clock())
    }
    if let firing { self.log(firing) }
    return firing
  }

  /// The TLS of a connection that is struck; nil for one that is not.
  func context(address: String, serverName: String?) -> NIOSSLContext? {
    let firing = self.plan.withLock {
      $0.decideConnection(
        address: address, serverName: serverName?.lowercased(), at: self.clock())
    }
    guard let firing, case .certificate(let wrong) = firing.specification.action else { return nil }
    self.log(firing)
    // `prepare` has made it before the rule was added.
    let context = self.wrongContexts.withLock { $0[wrong] }
    self.end(
      firing, context == nil ? .missed(responseByteCount: nil) : .struck(responseByteCount: nil))
    return context
  }

  func end(_ firing: FaultFiring, _ outcome: FaultFiring.Outcome) {
    self.plan.withLock { $0.end(firing.id, outcome) }
  }

  private func log(_ firing: FaultFiring) {
    self.fired.increment(firing.specification.action.word, firing.specification.phase.word)
    self.logger.info(
      "fault",
      metadata: [
        "fault": "\(firing.rule)", "action": "\(firing.specification.action.word)",
        "phase": "\(firing.specification.phase.word)",
      ])
  }
}

/// Makes the certificates that a fault presents.
package struct WrongCertificates: Sendable {
  let make: @Sendable (WrongCertificate) throws -> ServerTLS

  /// - Parameter make: Throws `FaultProblem`, which the operator is told, for one that can't be made.
  package init(make: @escaping @Sendable (WrongCertificate) throws -> ServerTLS) {
    self.make = make
  }

  package static let none = WrongCertificates { _ in
    throw FaultProblem("this cloud has no wrong certificates to present")
  }
}
