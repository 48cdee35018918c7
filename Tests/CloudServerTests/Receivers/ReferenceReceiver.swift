import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

@testable import CloudServer

/// A receiver as RFC 8935 §2 describes it, on a port of its own: takes an event that is genuine, and
/// each once, whatever the number of times that it comes, by its `jti`. What it answers first can be
/// scripted.
final class ReferenceReceiver: Sendable {
  struct Post: Sendable {
    let token: String
    let contentType: String?
    let accept: String?
    let authorization: String?
    let claims: JSONValue

    var id: String? { self.claims["jti"]?.stringBytes.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// What comes before 202: each answer once, in turn.
  struct Answer: Sendable {
    let status: Int
    var body = ""
    var headers: [String: String] = [:]
    /// Before the answer; a test that ends cancels it.
    var delay = Duration.zero
    /// Takes the event, and does not get to say so.
    var isLost = false
    /// After the head.
    var bodyNeverEnds = false
  }

  private struct State {
    var posts: [Post] = []
    var verifier: EventVerifier?
    /// By `jti`, in the order in which they came first.
    var taken: [String] = []
    var script: [Answer] = []
    var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  init(answering script: [Answer] = []) { self.state.withLock { $0.script = script } }

  /// All requests, repetitions too.
  var posts: [Post] { self.state.withLock { $0.posts } }
  /// Events that were taken, each once.
  var taken: [String] { self.state.withLock { $0.taken } }

  /// What it takes. Without that it takes nothing.
  func trust(_ verifier: EventVerifier) { self.state.withLock { $0.verifier = verifier } }

  /// Runs the body beside the receiver.
  ///
  /// - Parameter port: 0 for a free one.
  func run<Value: Sendable>(
    port: Int = 0, _ body: @Sendable (_ endpoint: String) async throws -> Value
  ) async throws -> Value {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let router = Router(context: BasicRequestContext.self)
    router.post("/events") { request, _ in try await self.answer(request) }
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
      logger: .silent)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      let group = ServiceGroup(
        configuration: .init(services: [.init(service: application)], logger: .silent))
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      let bound = await ports.first { _ in true } ?? 0
      let result: Result<Value, any Error>
      do {
        result = .success(try await body("http://127.0.0.1:\(bound)/events"))
      } catch {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      tasks.cancelAll()
      try? await tasks.waitForAll()
      return try result.get()
    }
  }

  private func answer(_ request: Request) async throws -> Response {
    let token = String(buffer: try await request.body.collect(upTo: 1 << 16))
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let claims = EventVerifier.object(parts[1]) else {
      return Self.refusal("invalid_request")
    }
    let post = Post(
      token: token, contentType: request.headers[.contentType],
      accept: request.headers[.accept], authorization: request.headers[.authorization],
      claims: claims)
    let (answer, verifier) = self.state.withLock { state in
      state.posts.append(post)
      return (
        state.script.isEmpty ? Answer(status: 202) : state.script.removeFirst(), state.verifier
      )
    }
    if answer.status == 202 {
      if let word = await verifier?.refusal(of: token) ?? (verifier == nil ? "access_denied" : nil)
      {
        return Self.refusal(word)
      }
      if answer.isLost {
        self.take(post)
        try await Task.sleep(for: .seconds(3_600))
      }
    }
    if answer.delay > .zero { try await Task.sleep(for: answer.delay) }
    if answer.status == 202 { self.take(post) }
    var headers = HTTPFields()
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let body = ByteBuffer(string: answer.body)
    return Response(
      status: .init(code: answer.status), headers: headers,
      body: answer.bodyNeverEnds
        ? .init { writer in
          try await writer.write(body)
          try await Task.sleep(for: .seconds(3_600))
          try await writer.finish(nil)
        } : .init(byteBuffer: body))
  }

  private static func refusal(_ word: String) -> Response {
    Response(
      status: .badRequest, headers: [.contentType: "application/json"],
      body: .init(
        byteBuffer: ByteBuffer(string: #"{"err":"\#(word)","description":"a test"}"#)))
  }

  private func take(_ post: Post) {
    let ready = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
      if let id = post.id, !state.taken.contains(id) { state.taken.append(id) }
      let count = state.taken.count
      let ready = state.waiters.filter { $0.count <= count }.map(\.1)
      state.waiters.removeAll { $0.count <= count }
      return ready
    }
    for continuation in ready { continuation.resume() }
  }

  /// Returns once it has taken so many events; never fails by itself, a test has its time limit.
  func waitUntilTaken(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = self.state.withLock { state in
        if state.taken.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
