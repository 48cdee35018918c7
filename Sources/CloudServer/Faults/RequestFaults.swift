import CloudCore
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Does to requests what faults order.
struct RequestFaults: Sendable {
  typealias Identify =
    @Sendable (inout Request, CloudRequestContext) async throws -> FaultSubject

  /// Notes for the journal who makes a request that its route never sees.
  typealias Describe =
    @Sendable (inout Request, FaultSubject, CloudRequestContext) async throws -> Void

  let injector: FaultInjector
  let identify: Identify
  let describe: Describe

  /// Whether any request may be struck.
  var areOrdered: Bool { self.injector.strikesRequests }

  /// - Parameters:
  ///   - shownPath: What is kept and logged of the request's path, which may hold a secret.
  ///   - answer: Answers the request, or a refusal of it.
  ///   - failure: Makes an answer of an error.
  func respond(
    to request: Request, shownPath: String, context: CloudRequestContext,
    answer: (Request) async throws -> Response, failure: (any Error) throws -> Response
  ) async throws -> Response {
    var request = request
    let subject: FaultSubject
    do {
      subject = try await self.identify(&request, context)
    } catch {
      return try failure(error)
    }
    guard let firing = self.injector.decide(subject, shownPath: shownPath) else {
      return try await answer(request)
    }
    context.strike.note(firing.rule)
    do {
      if !firing.specification.reachesRoute {
        try await self.describe(&request, subject, context)
      }
      return try await self.strike(firing, request, subject, context, answer: answer)
    } catch is ConnectionIsClosed {
      context.note.add { $0.isCut = true }
      self.injector.end(firing, .missed(responseByteCount: 0))
      return .gone
    } catch {
      self.injector.end(firing, .missed(responseByteCount: nil))
      return try failure(error)
    }
  }

  private func strike(
    _ firing: FaultFiring, _ request: Request, _ subject: FaultSubject,
    _ context: CloudRequestContext,
    answer: (Request) async throws -> Response
  ) async throws -> Response {
    let order = firing.specification
    // Elsewhere the wire waits: after some of the response.
    let delay = Duration.milliseconds(Int64(order.delayMilliseconds))
    let real: Response?
    switch order.phase {
    case .handshake: return try await answer(request)
    case .beforeCommit:
      do {
        try await context.connection.wait(for: delay)
      } catch {
        // Its route never sees it; and whatever else fails, this is why.
        var request = request
        if order.reachesRoute { try? await self.describe(&request, subject, context) }
        throw error
      }
      real = order.action == .slow ? try await answer(request) : nil
    case .afterCommit:
      real = try await answer(request)
      try await context.connection.wait(for: delay)
    case .afterByte:
      real = try await answer(request)
      await self.arm(firing, on: context.connection)
      return real ?? .gone
    }
    switch order.action {
    case .slow, .certificate:
      await self.paceOrEnd(firing, context.connection)
      return real ?? .gone
    case .close(let tellsTLS):
      context.note.add { $0.isCut = true }
      await self.cut(firing, context.connection, by: tellsTLS ? .goodbye : .silence)
      return .gone
    case .reset:
      context.note.add { $0.isCut = true }
      await self.cut(firing, context.connection, by: .reset)
      return .gone
    case .status(let other):
      await self.paceOrEnd(firing, context.connection, endingStream: real)
      return try Response(other)
    case .malformed(let malformation):
      guard let spoilt = try await Response.spoilt(real, malformation) else {
        self.injector.end(firing, .missed(responseByteCount: nil))
        return real ?? .gone
      }
      await self.paceOrEnd(firing, context.connection, endingStream: real)
      return spoilt
    }
  }

  private func cut(_ firing: FaultFiring, _ connection: PeerConnection, by end: ConnectionEnd) async
  {
    await connection.end(by: end)
    self.injector.end(firing, .struck(responseByteCount: 0))
  }

  /// Lets the response out at its bandwidth, if it has one.
  ///
  /// - Parameter replaced: The response that is not sent. If it is a stream, the connection ends
  ///   after the other one, as the cloud takes it for an open stream.
  private func paceOrEnd(
    _ firing: FaultFiring, _ connection: PeerConnection, endingStream replaced: Response? = nil
  ) async {
    let isStream = replaced?.isEventStream ?? false
    guard firing.specification.bytesPerSecond != nil || isStream else {
      self.injector.end(firing, .struck(responseByteCount: nil))
      return
    }
    await self.arm(firing, on: connection, closesAtEnd: isStream)
  }

  private func arm(
    _ firing: FaultFiring, on connection: PeerConnection, closesAtEnd: Bool = false
  ) async {
    let injector = self.injector
    let fault = ResponseFault(firing.specification, closesAtEnd: closesAtEnd) { outcome in
      injector.end(firing, outcome)
    }
    await connection.arm(fault)
  }
}

/// Which fault struck a request, for whoever keeps a journal of them.
package final class StruckFault: Sendable {
  private let value = Mutex<UInt64?>(nil)

  /// The rule's id; nil for a request that none struck. Known once the request was answered.
  package var ruleID: UInt64? { self.value.withLock { $0 } }

  func note(_ rule: UInt64) { self.value.withLock { $0 = rule } }
}

extension FaultSpecification {
  /// Whether the request is answered as if there were no fault, whatever becomes of the answer.
  fileprivate var reachesRoute: Bool { self.phase != .beforeCommit || self.action == .slow }
}

extension Response {
  /// Of a connection that is closed: nobody reads it.
  fileprivate static var gone: Response { Response(status: .serviceUnavailable) }

  fileprivate var isEventStream: Bool {
    self.headers[.contentType]?.hasPrefix("text/event-stream") ?? false
  }
}
