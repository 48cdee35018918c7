import CloudCore
import HTTPTypes
import Hummingbird
import Logging

extension CloudService {
  /// `GET /v1/events`
  @Sendable func events(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let connection = context.connection
    guard let stream = self.streams.open(for: caller, on: connection) else {
      throw HTTPFailure.unavailable("the cloud is stopping", retryAfterSeconds: 1)
    }
    // The body below is not run when the connection is lost before the head is written.
    let watch = connection.closeWatches.add { Task { await self.closed(stream) } }
    let end: @Sendable () async -> Void = {
      connection.closeWatches.remove(watch)
      await self.closed(stream)
    }
    do {
      // After the stream has entered the hub: a logout before this is seen here, one after it
      // finds the stream.
      try await self.read(as: caller) { _, _, _ in }
      _ = stream.offer(.ready)
      if let device = caller.device { try await self.announcePresence(of: device) }
    } catch {
      await end()
      throw error
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream"],
      body: ResponseBody { writer in
        do {
          try await request.body.consumeWithInboundCloseHandler { _ in
            try await stream.write(to: writer)
          } onInboundClosed: {
            stream.end(with: nil)
          }
        } catch {
          // The peer is gone.
          await end()
          throw error
        }
        await end()
      })
  }

  private func closed(_ stream: EventStream) async {
    guard self.streams.close(stream), let device = stream.caller.device else { return }
    do {
      try await self.announcePresence(of: device)
    } catch {
      self.logger.error(
        "cannot tell the owner's apps whether a device is online",
        metadata: ["device": "\(device.text)", "error": "\(error)"])
    }
  }
}

extension EventStream {
  /// Writes events until the stream ends.
  fileprivate func write(to writer: any ResponseBodyWriter) async throws {
    var writer = writer
    while true {
      switch await self.next() {
      case .write(let event):
        try await writer.write(event.bytes())
      case .finish(let last):
        if let last { try await writer.write(last.bytes()) }
        try await writer.finish(nil)
        return
      }
    }
  }
}
