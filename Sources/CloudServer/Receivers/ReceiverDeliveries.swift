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
final class ReceiverDeliveries: Service {
  let service: CloudService
  let policy: DeliveryPolicy
  private let trustRoots: [NIOSSLCertificate]
  private let start: AsyncStream<Void>
  /// Those at whom somebody is at work, and whether there may be more for them since.
  private let busy = Mutex<[ReceiverID: Bool]>([:])

  /// Beside the signals, for what came into the store in another way.
  private static let lookInterval = Duration.seconds(5)

  /// - Parameters:
  ///   - trustRoots: Of receivers, beside those of the system.
  ///   - start: Nothing is posted before it ends. An event names its issuer, and a receiver looks up
  ///     that one's keys: without them it refuses the event for good.
  init(
    service: CloudService, policy: DeliveryPolicy = DeliveryPolicy(),
    trustRoots: [NIOSSLCertificate] = [], start: AsyncStream<Void>
  ) {
    self.service = service
    self.policy = policy
    self.trustRoots = trustRoots
    self.start = start
  }

  /// Runs until the task is shut down gracefully or cancelled.
  func run() async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.additionalTrustRoots = [.certificates(self.trustRoots)]
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    // What fails is tried again by the policy, and not before.
    configuration.connectionPool.retryConnectionEstablishment = false
    // One for each receiver, should all be at one address: none waits for another.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
      Cloud.largestReceiverCount
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    await cancelWhenGracefulShutdown {
      for await _ in self.start {}
      await self.deliver(by: client)
    }
    try await client.shutdown()
  }

  private func deliver(by client: HTTPClient) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
          await self.lookForReceivers()
        }
      }
      let signals = self.service.securityEvents.signals()
      await self.lookForReceivers()
      for await _ in signals {
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
    let signed = try await self.service.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.signed(event, for: receiver, in: transaction, at: now, random: &random)
    }
    let result =
      if let signed {
        await self.post(signed, to: receiver, by: client)
      } else {
        PostResult.failed("its authorization is of another cloud", retryAfter: nil)
      }
    switch result {
    case .accepted:
      try await self.settle(event, of: receiver, as: .delivered, "event delivered", level: .debug)
      return nil
    case .refused(let word):
      try await self.settle(event, of: receiver, as: .failed(word), "event refused")
      return nil
    case .failed(let cause, let retryAfter):
      // What was cut off by the end of the cloud has not failed.
      try Task.checkCancellation()
      // Only now: where the clock was set ahead, each event has had its attempt.
      guard !next.isTooOld else {
        try await self.settle(
          event, of: receiver, as: .failed(cause), "event given up: it is too old")
        return nil
      }
      try await self.settle(
        event, of: receiver, as: .retried(cause), "event not delivered; it will be tried again")
      var random = SystemRandomNumberGenerator()
      let wait = self.policy.wait(afterFailures: failureCount, random: &random)
      return max(wait, retryAfter ?? .zero)
    }
  }

  private func settle(
    _ event: NumberedSecurityEvent, of receiver: Receiver, as result: DeliveryResult,
    _ message: Logger.Message, level: Logger.Level = .notice
  ) async throws {
    // Without its endpoint, which may have a secret in its query.
    var metadata: Logger.Metadata = [
      "receiver": "\(receiver.id.text)", "event": "\(event.number)",
      "scope": "\(event.event.scope.word.rawValue)",
    ]
    switch result {
    case .delivered: break
    case .failed(let cause), .retried(let cause): metadata["cause"] = "\(cause)"
    }
    self.service.logger.log(level: level, message, metadata: metadata)
    try await self.service.write { cloud, transaction, now in
      try cloud.settle(event, of: receiver.id, as: result, in: transaction, at: now)
    }
  }
}
