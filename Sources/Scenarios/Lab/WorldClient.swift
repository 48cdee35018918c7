import Foundation
import NIOCore
import NIOPosix

/// Speaks to a device's world socket: one JSON object a line each way (`docs/protocol.md`).
package struct WorldClient: Sendable {
  package let path: String
  package init(path: String) { self.path = path }

  /// Sends one event and returns the answer's line.
  ///
  /// - Throws: `LabError` that names the socket: nobody listens, no answer within the limit, or the
  ///   device's own refusal.
  package func send(_ event: WorldEvent, within limit: Duration = .seconds(5)) async throws
    -> JournalEntry
  {
    let line = try String(decoding: JSONEncoder().encode(event), as: UTF8.self)
    let answer = try await self.exchange(line, within: limit)
    // The answers have no `event`; give them one, so that an entry can carry them.
    guard let entry = JournalEntry(line: #"{"event":"answer","# + answer.dropFirst()) else {
      throw LabError(.unexpectedAnswer, "the world socket \(self.path) answered no JSON object")
    }
    guard entry.boolean("ok") == true else {
      throw LabError(
        .unexpectedAnswer,
        "the world socket \(self.path) refused '\(event.event)': \(entry.text("error") ?? answer)")
    }
    return entry
  }

  /// The raw exchange of one line each way.
  package func exchange(_ line: String, within limit: Duration = .seconds(5)) async throws -> String
  {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(unixDomainSocketPath: self.path) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw LabError(
        .unexpectedAnswer, "no device listens on the world socket \(self.path): \(error)")
    }
    let timer = channel.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
      channel.channel.close(promise: nil)
    }
    defer { timer.cancel() }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: line + "\n"))
      var answer = ByteBuffer()
      for try await var part in inbound {
        answer.writeBuffer(&part)
        let view = answer.readableBytesView
        if let end = view.firstIndex(of: UInt8(ascii: "\n")) {
          return String(decoding: view[..<end], as: UTF8.self)
        }
      }
      throw LabError(.timedOut, "the world socket \(self.path) gave no answer within \(limit)")
    }
  }
}

/// An event for the world socket, in its JSON shape.
package struct WorldEvent: Encodable, Sendable {
  package let event: String
  package var during: String?
  package var afterByteCount: Int?
  package var heldMilliseconds: Int?
  package var text: String?
  package var grams: Int?
  package var impedanceOhms: Int?
  package var profile: Profile?
  package var networks: [Network]?

  package struct Profile: Encodable, Sendable {
    package let heightMillimetres: Int
    package let sex: String
    package let ageYears: Int
    package init(heightMillimetres: Int, sex: String, ageYears: Int) {
      self.heightMillimetres = heightMillimetres
      self.sex = sex
      self.ageYears = ageYears
    }
  }

  package struct Network: Encodable, Sendable {
    package let ssidHex: String
    package let security: String
    package var passphrase: String?
    package var hidden = false
    package var signalDBm = -55
    package var router = "up"
    package var internet = true
    package init(
      ssidHex: String, security: String, passphrase: String?, hidden: Bool, signalDBm: Int
    ) {
      self.ssidHex = ssidHex
      self.security = security
      self.passphrase = passphrase
      self.hidden = hidden
      self.signalDBm = signalDBm
    }
  }

  package init(_ event: String) { self.event = event }

  package static let status = WorldEvent("status")
  package static let power = WorldEvent("power")
  package static let cutPower = WorldEvent("cutPower")
  package static let motion = WorldEvent("motion")

  /// Arms a power cut within the next write of credentials to flash.
  package static func cutPowerDuringStore(afterByteCount count: Int) -> WorldEvent {
    var event = WorldEvent("cutPower")
    event.during = "store"
    event.afterByteCount = count
    return event
  }

  package static func button(heldMilliseconds: Int) -> WorldEvent {
    var event = WorldEvent("button")
    event.heldMilliseconds = heldMilliseconds
    return event
  }

  package static func lens(text: String) -> WorldEvent {
    var event = WorldEvent("lens")
    event.text = text
    return event
  }

  package static func handover(text: String) -> WorldEvent {
    var event = WorldEvent("handover")
    event.text = text
    return event
  }

  package static func stepOn(grams: Int, impedanceOhms: Int?, profile: Profile?) -> WorldEvent {
    var event = WorldEvent("stepOn")
    event.grams = grams
    event.impedanceOhms = impedanceOhms
    event.profile = profile
    return event
  }

  package static func air(_ networks: [Network]) -> WorldEvent {
    var event = WorldEvent("air")
    event.networks = networks
    return event
  }
}
