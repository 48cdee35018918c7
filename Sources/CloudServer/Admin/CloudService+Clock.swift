import CloudCore
import Hummingbird
import Logging
import NIOCore

/// The clock that operators set.
extension CloudService {
  /// Takes up the clock where the last run left it.
  func resumeClock() async throws {
    let machine = self.clock.machine()
    guard let setting = try await self.read({ _, reader, _ in try reader.clockSetting() }) else {
      return
    }
    let resumed = setting.resumed(machine: machine)
    self.clock.follow(resumed)
    if resumed != setting {
      self.logger.warning(
        "the machine's clock was turned back: the cloud's goes on from where it was")
    }
    self.logger.info("the clock is set", metadata: ["time": "\(TimeText.text(self.clock.now))"])
  }

  func addClockRoutes(to routes: inout AdminRoutes) {
    routes.add(.get, "/admin/v1/clock", as: .readClock) { _, _, _ in
      return try .json(ClockBody(self.clock))
    }
    routes.add(.put, "/admin/v1/clock", as: .setClock) { _, request, _ in
      let body = try await request.json(SetClockBody.self, upTo: self.bodyByteCount)
      return try await self.changeClock(body.change(), force: body.force ?? false)
    }
    routes.add(.post, "/admin/v1/clock/advance", as: .advanceClock) { _, request, _ in
      let body = try await request.json(AdvanceClockBody.self, upTo: self.bodyByteCount)
      return try await self.changeClock(body.change(), force: body.force ?? false)
    }
    routes.add(.post, "/admin/v1/clock/freeze", as: .freezeClock) { _, request, _ in
      try await request.noBody(upTo: self.bodyByteCount)
      return try await self.changeClock(.freeze)
    }
    routes.add(.post, "/admin/v1/clock/resume", as: .resumeClock) { _, request, _ in
      try await request.noBody(upTo: self.bodyByteCount)
      return try await self.changeClock(.resume)
    }
  }

  /// Answers once the change is durable, everybody reads the new time, and what it made expire has
  /// ended.
  private func changeClock(_ change: ClockChange, force: Bool = false) async throws -> Response {
    let machine = self.clock.machine
    let outcome = try await self.write { cloud, transaction, _ in
      try cloud.changeClock(change, force: force, machine: machine(), in: transaction)
    }
    switch outcome {
    case .changed(let setting):
      self.clock.follow(setting)
      self.logger.notice(
        "the clock was changed", metadata: ["time": "\(TimeText.text(self.clock.now))"])
      await self.streams.endExpired()
      return try .json(ClockBody(self.clock))
    case .wouldGoBack(let from, let to):
      throw HTTPFailure.operatorRefused(
        .conflict(
          .clockBackwards,
          "the clock would go back from \(TimeText.text(from)) to \(TimeText.text(to)); 'force' lets it"
        ))
    case .outOfRange:
      throw HTTPFailure.clockOutOfRange
    }
  }
}

extension Request {
  /// For what takes no body: one that says something is refused rather than ignored.
  func noBody(upTo byteCount: Int) async throws {
    let bytes: ByteBuffer
    do {
      bytes = try await self.body.collect(upTo: byteCount)
    } catch is NIOTooManyBytesError {
      throw HTTPFailure.bodyTooLarge(limitByteCount: byteCount)
    }
    guard bytes.readableBytes == 0 || (try? decodeStrictly(NothingBody.self, from: bytes)) != nil
    else { throw HTTPFailure.invalidRequest("this takes no body, or an empty object") }
  }
}

private struct NothingBody: StrictBody {
  enum Member: CodingKey, CaseIterable {}
  init(from decoder: any Decoder) throws {}
}
