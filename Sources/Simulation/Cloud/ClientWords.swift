/// What a client says of itself in its requests.
struct ClientWords: Sendable {
  let clientID: String
  /// Of a device; empty for others.
  var model = ""
  var firmwareVersion = ""
}
