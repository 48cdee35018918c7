import Glibc
package import Logging
package import ServiceLifecycle
import UnixSignals

/// Runs a service until the process is asked to end: SIGTERM, SIGINT or SIGHUP shuts it down gracefully,
/// and a second one ends the process at once.
///
/// - Parameters:
///   - name: Of the service, for the log.
///   - cleanUp: What must be done even then, before the process ends.
/// - Throws: What the service throws.
package func runUntilTerminated(
  _ service: some Service, name: String, logger: Logger, cleanUp: @escaping @Sendable () -> Void
) async throws {
  let group = ServiceGroup(
    configuration: .init(services: [.init(service: service, serviceName: name)], logger: logger))
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    tasks.addTask {
      var isStopping = false
      for await signal in signals {
        guard !isStopping else {
          cleanUp()
          _exit(128 + signal.rawValue)
        }
        isStopping = true
        logger.info("stopping", metadata: ["signal": "\(signal)"])
        await group.triggerGracefulShutdown()
      }
    }
    try await group.run()
    tasks.cancelAll()
  }
}
