import DeviceProtocol

/// The answer to one line; `docs/protocol.md`, "The world socket".
enum WorldAnswer: Equatable {
  case done
  case status(DeviceStatus)
  case failed(WorldError)

  var bytes: [UInt8] {
    switch self {
    case .done:
      JSONValue.object([JSONMember("ok", .boolean(true))]).bytes
    case .status(let status):
      JSONValue.object([JSONMember("ok", .boolean(true))] + status.members).bytes
    case .failed(let error):
      JSONValue.object([
        JSONMember("ok", .boolean(false)), JSONMember("error", .utf8(error.words)),
      ]).bytes
    }
  }
}

/// What a device shows of itself.
struct DeviceStatus: Equatable {
  /// Nil without power.
  let state: JournalState?
  let model: [UInt8]
  let deviceID: [UInt8]
  let firmwareVersion: [UInt8]
  /// Of the network that is joined.
  let ssid: SSID?
  /// Nil without power.
  let pendingMeasurementCount: UInt32?
  let worldPath: String?

  var members: [JSONMember] {
    let pending = self.pendingMeasurementCount.map { JSONValue.integer(Int64($0)) }
    let power: StaticString = self.state == nil ? "off" : "on"
    return [
      JSONMember("state", self.state.map { .text($0.text) } ?? .null),
      JSONMember("model", .string(self.model)),
      JSONMember("device_id", .string(self.deviceID)),
      JSONMember("firmware_version", .string(self.firmwareVersion)),
      JSONMember("power", .text(power)),
      JSONMember("ssid", self.ssid.map { .string(Hexadecimal.encode($0.bytes)) } ?? .null),
      JSONMember("pending_measurements", pending ?? .null),
      JSONMember("world", self.worldPath.map { .utf8($0) } ?? .null),
    ]
  }
}
