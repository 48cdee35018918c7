import DeviceProtocol

extension AccessPoint {
  /// Reads a NETWORK of `docs/protocol.md`, "The world socket".
  init(reading network: JSONReader) throws(JSONShapeError) {
    try network.refuseOthers(than: [
      "ssid", "ssidHex", "security", "passphrase", "hidden", "signalDBm", "router", "internet",
    ])
    let security = try readSecurity(network)
    let passphrase = try network.string("passphrase") ?? []
    guard security.accepts(passphrase: passphrase) else {
      throw JSONShapeError(
        words: "a passphrase of \(passphrase.count) bytes is not valid for the network's security")
    }
    self.init(
      ssid: try readSSID(network), security: security, passphrase: passphrase,
      isHidden: try network.boolean("hidden") ?? false,
      signalDBm: try network.integer("signalDBm", Int8.self, in: -127...0) ?? -50,
      isRouterUp: try readRouter(network), hasInternet: try network.boolean("internet") ?? true)
  }
}

private func readSSID(_ network: JSONReader) throws(JSONShapeError) -> SSID {
  let octets: [UInt8]
  switch (try network.string("ssid"), try network.string("ssidHex")) {
  case (let text?, nil): octets = text
  case (nil, let digits?):
    guard let decoded = Hexadecimal.decode(digits) else {
      throw JSONShapeError(words: "\"ssidHex\" of a network is not hexadecimal")
    }
    octets = decoded
  case (nil, nil), (.some, .some):
    throw JSONShapeError(words: "a network needs either \"ssid\" or \"ssidHex\"")
  }
  guard let ssid = SSID(octets) else {
    throw JSONShapeError(words: "a network's name has \(octets.count) octets instead of 1 to 32")
  }
  return ssid
}

private func readSecurity(_ network: JSONReader) throws(JSONShapeError) -> WiFiSecurity {
  let word = try network.requiredString("security")
  if word.isText("open") { return .open }
  if word.isText("wpa2") { return .wpa2 }
  if word.isText("sae") { return .sae }
  throw JSONShapeError(words: "\"security\" of a network is not \"open\", \"wpa2\" or \"sae\"")
}

private func readRouter(_ network: JSONReader) throws(JSONShapeError) -> Bool {
  guard let word = try network.string("router") else { return true }
  if word.isText("up") { return true }
  if word.isText("down") { return false }
  throw JSONShapeError(words: "\"router\" of a network is neither \"up\" nor \"down\"")
}
