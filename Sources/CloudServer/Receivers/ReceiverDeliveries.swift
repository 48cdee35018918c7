import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Posts the events that wait in the store to their receivers (RFC 8935), to each in order, one at a
/// time, until it has taken or refused it. Nobody waits for this: an event is kept in the
/// transaction of what it tells, and a receiver that cannot be reached only keeps its own waiting.
///
/// What was posted is marked after it was taken. A cloud that dies between the two posts it again,
/// with the same `jti`.
package final class ReceiverDeliveries: Service {
  let service: CloudService
  let policy: DeliveryPolicy
  private let trustRoots: [NIOSSLCertificate]
  /// Those at whom somebody is at work, and whether there may be more for them since.
  private let busy = Mutex<[ReceiverID: Bool]>([:])

  /// Beside the signals, for what came into the store in another way.
  private static let lookInterval = Duration.seconds(5)

  /// - Parameter trustRoots: Of receivers, beside those of the system.
  package init(
    service: CloudService, policy: DeliveryPolicy = DeliveryPolicy(),
    trustRoots: [NIOSSLCertificate] = []
  ) {
    self.service = service
    self.policy = policy
    self.trustRoots = trustRoots
  }

  /// Runs until the task is shut down gracefully or cancelled.
  package func run() async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.additionalTrustRoots = [.certificates(self.trustRoots)]
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    await cancelWhenGracefulShutdown { await self.deliver(by: client) }
    try await client.shutdown()
  }

  private func deliver(by client: HTTPClient) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
          await self.lookForReceivers()
        }
      }
      await self.lookForReceivers()
      for await _ in self.service.securityEvents.signals {
        guard !Task.isCancelled else { break }
        for id in await self.receiverIDs() where self.begin(id) {
          group.addTask { await self.drain(id, by: client) }
        }
      }
      group.cancelAll()
    }
  }

  private func lookForReceivers() async {
    self.service.securityEvents.watch(await !self.receiverIDs().isEmpty)
  }

  private func receiverIDs() async -> [ReceiverID] {
    do {
      return try await self.service.read { _, reader, _ in try reader.receivers().map(\.id) }
    } catch {
      if !Task.isCancelled {
        self.service.logger.error(
          "cannot look up the receivers of events", metadata: ["error": "\(error)"])
      }
      return []
    }
  }

  // MARK: One receiver

  /// - Returns: False if somebody is at work at it, who will look again.
  private func begin(_ id: ReceiverID) -> Bool {
    self.busy.withLock { busy in
      guard busy[id] == nil else {
        busy[id] = true
        return false
      }
      busy[id] = false
      return true
    }
  }

  /// - Returns: False if there may be more since the last look.
  private func end(_ id: ReceiverID) -> Bool {
    self.busy.withLock { busy in
      guard busy[id] == true, !Task.isCancelled else {
        busy[id] = nil
        return true
      }
      busy[id] = false
      return false
    }
  }

  private func drain(_ id: ReceiverID, by client: HTTPClient) async {
    var failureCount: UInt32 = 0
    repeat {
      do {
        while !Task.isCancelled, let next = try await self.next(of: id) {
          let wait = try await self.attempt(next, by: client, failureCount: failureCount)
          failureCount = wait == nil ? 0 : failureCount + 1
          if let wait { try await Task.sleep(for: wait) }
        }
      } catch is CancellationError {
        // It is asked again at the next start.
      } catch {
        self.service.logger.error(
          "cannot deliver events", metadata: ["receiver": "\(id.text)", "error": "\(error)"])
      }
    } while !self.end(id)
  }

  private struct Next {
    let receiver: Receiver
    let event: NumberedSecurityEvent
    let isTooOld: Bool
  }

  private func next(of id: ReceiverID) async throws -> Next? {
    let giveUpMilliseconds = UInt64(self.policy.giveUpSeconds) * 1_000
    return try await self.service.read { _, reader, now in
      guard let receiver = try reader.receivers().first(where: { $0.id == id }),
        let event = try reader.securityEvents(after: receiver.position, limit: 1).first
      else { return nil }
      let isTooOld =
        now > event.event.at && now.value - event.event.at.value > giveUpMilliseconds
      return Next(receiver: receiver, event: event, isTooOld: isTooOld)
    }
  }

  /// - Returns: How long to wait before the same event is posted again; nil if it is done with.
  private func attempt(
    _ next: Next, by client: HTTPClient, failureCount: UInt32
  ) async throws -> Duration? {
    let (receiver, event) = (next.receiver, next.event)
    guard !next.isTooOld else {
      self.note(receiver, event, failure: "too old", "event given up: it is too old")
      try await self.settle(event, of: receiver, as: .failed)
      return nil
    }
    switch await self.post(event, to: receiver, by: client) {
    case .accepted:
      self.service.logger.debug("event delivered", metadata: Self.metadata(receiver, event))
      try await self.settle(event, of: receiver, as: .delivered)
      return nil
    case .refused(let word):
      self.note(receiver, event, failure: word, "event refused by its receiver")
      try await self.settle(event, of: receiver, as: .failed)
      return nil
    case .failed(let cause, let retryAfter):
      // What was cut off by the end of the cloud has not failed.
      try Task.checkCancellation()
      self.note(receiver, event, failure: cause, "event not delivered; it will be tried again")
      try await self.settle(event, of: receiver, as: .retried)
      var random = SystemRandomNumberGenerator()
      let wait = self.policy.wait(afterFailures: failureCount, random: &random)
      return max(wait, retryAfter ?? .zero)
    }
  }

  private func settle(
    _ event: NumberedSecurityEvent, of receiver: Receiver, as result: DeliveryResult
  ) async throws {
    try await self.service.write { cloud, transaction, _ in
      try cloud.settle(event.number, of: receiver.id, as: result, in: transaction)
    }
  }

  private func note(
    _ receiver: Receiver, _ event: NumberedSecurityEvent, failure: String, _ message: Logger.Message
  ) {
    self.service.noteFailure(failure, of: receiver.id)
    var metadata = Self.metadata(receiver, event)
    metadata["cause"] = "\(failure)"
    self.service.logger.notice(message, metadata: metadata)
  }

  /// Without its endpoint, which may have a secret in its query.
  private static func metadata(
    _ receiver: Receiver, _ event: NumberedSecurityEvent
  ) -> Logger.Metadata {
    [
      "receiver": "\(receiver.id.text)", "event": "\(event.number)",
      "scope": "\(event.event.scope.word.rawValue)",
    ]
  }
}
