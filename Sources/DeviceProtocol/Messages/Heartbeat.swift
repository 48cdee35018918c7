/// A device's sign of life.
package struct Heartbeat: Equatable, Sendable {
  /// Since power on.
  package let uptimeMilliseconds: UInt64
  package let ssid: SSID
  package let signalDBm: Int8
  package let firmwareVersion: [UInt8]

  package init(
    uptimeMilliseconds: UInt64, ssid: SSID, signalDBm: Int8, firmwareVersion: [UInt8]
  ) {
    self.uptimeMilliseconds = uptimeMilliseconds
    self.ssid = ssid
    self.signalDBm = signalDBm
    self.firmwareVersion = firmwareVersion
  }

  package init(parsing body: [UInt8]) throws(MessageError) {
    let object = try JSONValue(messageBody: body)
    guard let octets = Hexadecimal.decode(try object.string("ssid")), let ssid = SSID(octets) else {
      throw .badMember(.init("ssid"))
    }
    self.init(
      uptimeMilliseconds: try object.number("uptime_ms"), ssid: ssid,
      signalDBm: try object.number("signal_dbm"),
      firmwareVersion: try object.string("firmware_version"))
  }

  package var bytes: [UInt8] {
    // Straight into the text: a fleet sends more of these than of all the rest together.
    var writer = JSONWriter(byteCount: 160)
    writer.writeRaw("{\"uptime_ms\":")
    writer.write(Int64(clamping: self.uptimeMilliseconds))
    writer.writeRaw(",\"ssid\":\"")
    for octet in self.ssid.bytes { writer.writeHexadecimal(octet) }
    writer.writeRaw("\",\"signal_dbm\":")
    writer.write(Int64(self.signalDBm))
    writer.writeRaw(",\"firmware_version\":")
    writer.writeString(self.firmwareVersion)
    writer.writeRaw("}")
    return writer.bytes
  }
}
