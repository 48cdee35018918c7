import CloudCore
import Foundation
import NIOCore

/// What a stream carries (`docs/protocol.md`, "Push").
enum ServerSentEvent: Equatable, Sendable {
  case ready
  case loggedOut(scope: String, reason: String)
  case expired
  case device(DeviceID, DeviceChange)
  /// Says nothing; shows both ends that the connection is alive.
  case comment

  /// In the form of WHATWG HTML §9.2.
  func bytes() throws -> ByteBuffer {
    switch self {
    case .ready: ByteBuffer(string: "event: ready\ndata: {}\n\n")
    case .expired: ByteBuffer(string: "event: expired\ndata: {}\n\n")
    case .comment: ByteBuffer(string: ":\n\n")
    case .loggedOut(let scope, let reason):
      try Self.bytes("logged_out", LoggedOutData(scope: scope, reason: reason))
    case .device(let id, let change):
      try Self.bytes("device", DeviceData(deviceID: id.text, change: change))
    }
  }

  /// JSON has no line break of its own, so the data is always one line.
  private static func bytes(_ event: String, _ data: some Encodable) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var buffer = ByteBuffer(string: "event: \(event)\ndata: ")
    buffer.writeBytes(try encoder.encode(data))
    buffer.writeString("\n\n")
    return buffer
  }

  private struct LoggedOutData: Encodable {
    let scope: String
    let reason: String
  }

  private struct DeviceData: Encodable {
    let deviceID: String
    let change: DeviceChange
    enum CodingKeys: String, CodingKey {
      case deviceID = "device_id"
      case change
    }
  }
}

enum DeviceChange: String, Codable, Sendable {
  case online, offline, paired, removed, motion, measurement
}
