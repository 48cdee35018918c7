import DeviceCore
import DeviceProtocol
import Glibc
import Testing

@testable import DeviceHost

@Suite struct WorldRequestTests {
  private func parse(_ line: String) throws -> WorldRequest {
    try WorldRequest(parsing: [UInt8](line.utf8))
  }

  static let good: [(line: String, request: WorldRequest)] = [
    (#"{"event":"status"}"#, .status),
    (#"{"event":"power"}"#, .power),
    (#"{"event":"cutPower"}"#, .cutPower),
    (
      #"{"event":"cutPower","during":"store","afterByteCount":7}"#,
      .cutPowerDuringStore(afterByteCount: 7)
    ),
    (#"{"event":"button","heldMilliseconds":5000}"#, .button(heldMilliseconds: 5_000)),
    (#"{"event":"lens","text":"a\u00e9"}"#, .lens(text: [UInt8]("aé".utf8))),
    (#"{"event":"handover","text":""}"#, .handover(text: [])),
    (#"{"event":"motion"}"#, .motion),
    (
      #"{"event":"stepOn","grams":70000}"#,
      .stepOn(Weighing(grams: 70_000, impedanceOhms: nil, profile: nil))
    ),
    (
      #"{"event":"stepOn","grams":1,"impedanceOhms":500,"profile":"#
        + #"{"heightMillimetres":1700,"sex":"female","ageYears":30}}"#,
      .stepOn(
        Weighing(
          grams: 1, impedanceOhms: 500,
          profile: BodyProfile(heightMillimetres: 1_700, sex: .female, ageYears: 30)))
    ),
    (#"{"event":"air","networks":[]}"#, .air([])),
    (
      #"{"event":"air","networks":[{"ssid":"Home","security":"wpa2","passphrase":"12345678","#
        + #""hidden":true,"signalDBm":-71,"router":"down","internet":false},"#
        + #"{"ssidHex":"00ff","security":"open"}]}"#,
      .air([
        AccessPoint(
          ssid: SSID([UInt8]("Home".utf8))!, security: .wpa2,
          passphrase: [UInt8]("12345678".utf8), isHidden: true, signalDBm: -71, isRouterUp: false,
          hasInternet: false),
        AccessPoint(ssid: SSID([0x00, 0xff])!, security: .open, passphrase: []),
      ])
    ),
  ]

  @Test(arguments: good) func `a line is read`(line: String, request: WorldRequest) throws {
    #expect(try self.parse(line) == request)
  }

  @Test(arguments: [
    ("", "the JSON ends too early"),
    ("nonsense", "the byte at 1 is not JSON there"),
    ("[]", "the line is not an object"),
    ("{}", "the line has no \"event\""),
    (#"{"event":7}"#, "\"event\" of the line is no string"),
    (#"{"event":"dance"}"#, "there is no such event"),
    (#"{"event":"motion","x":1}"#, "the line has the unknown member \"x\""),
    (#"{"event":"button"}"#, "the line has no \"heldMilliseconds\""),
    (
      #"{"event":"button","heldMilliseconds":-1}"#,
      "\"heldMilliseconds\" of the line is no integer from 0 to 4294967295"
    ),
    (
      #"{"event":"button","heldMilliseconds":4294967296}"#,
      "\"heldMilliseconds\" of the line is no integer from 0 to 4294967295"
    ),
    (#"{"event":"cutPower","afterByteCount":1}"#, "\"afterByteCount\" needs \"during\""),
    (#"{"event":"cutPower","during":"lunch"}"#, "\"during\" of the line is not \"store\""),
    (#"{"event":"cutPower","during":"store"}"#, "the line has no \"afterByteCount\""),
    (
      #"{"event":"stepOn","grams":1.5}"#, "\"grams\" of the line is no integer from 1 to 300000"
    ),
    (#"{"event":"stepOn","grams":0}"#, "\"grams\" of the line is no integer from 1 to 300000"),
    (
      #"{"event":"stepOn","grams":300001}"#,
      "\"grams\" of the line is no integer from 1 to 300000"
    ),
    (
      #"{"event":"stepOn","grams":70000,"impedanceOhms":0}"#,
      "\"impedanceOhms\" of the line is no integer from 1 to 5000"
    ),
    (
      #"{"event":"stepOn","grams":70000,"impedanceOhms":5001}"#,
      "\"impedanceOhms\" of the line is no integer from 1 to 5000"
    ),
    (#"{"event":"stepOn","grams":1,"profile":7}"#, "the profile is not an object"),
    (
      #"{"event":"stepOn","grams":1,"profile":{"heightMillimetres":1,"sex":"x","ageYears":1}}"#,
      "\"sex\" of the profile is neither \"female\" nor \"male\""
    ),
    (#"{"event":"air"}"#, "the line has no \"networks\""),
    (
      #"{"event":"air","networks":[{"security":"open"}]}"#,
      "a network needs either \"ssid\" or \"ssidHex\""
    ),
    (
      #"{"event":"air","networks":[{"ssid":"","security":"open"}]}"#,
      "a network's name has 0 octets instead of 1 to 32"
    ),
    (
      #"{"event":"air","networks":[{"ssidHex":"0g","security":"open"}]}"#,
      "\"ssidHex\" of a network is not hexadecimal"
    ),
    (
      #"{"event":"air","networks":[{"ssid":"a","security":"wep"}]}"#,
      "\"security\" of a network is not \"open\", \"wpa2\" or \"sae\""
    ),
    (
      #"{"event":"air","networks":[{"ssid":"a","security":"wpa2","passphrase":"short"}]}"#,
      "a passphrase of 5 bytes is not valid for the network's security"
    ),
    (
      #"{"event":"air","networks":[{"ssid":"a","security":"open","signalDBm":1}]}"#,
      "\"signalDBm\" of a network is no integer from -127 to 0"
    ),
    (
      #"{"event":"air","networks":[{"ssid":"a","security":"open","signalDBm":-128}]}"#,
      "\"signalDBm\" of a network is no integer from -127 to 0"
    ),
    (
      #"{"event":"air","networks":[{"ssid":"a","security":"open","router":"broken"}]}"#,
      "\"router\" of a network is neither \"up\" nor \"down\""
    ),
  ])
  func `a bad line is refused with the reason`(line: String, reason: String) {
    #expect(throws: WorldError(reason)) { try self.parse(line) }
  }
}

@Suite struct WorldSocketTests {
  private let folder = TemporaryFolder()
  private var path: String { self.folder.path("world.sock") }

  init() { precondition(brokenPipesAreErrors) }

  /// One turn of a loop, answering each line with itself in capitals, or with this.
  private func turn(_ socket: WorldSocket, answer: [UInt8]? = nil) throws {
    var pollSet = PollSet()
    socket.add(to: &pollSet)
    try pollSet.wait(timeoutMilliseconds: 1)
    socket.advance(pollSet) { line in
      answer ?? [UInt8](String(decoding: line, as: UTF8.self).uppercased().utf8)
    }
  }

  @Test func `several clients are answered, each line in order`() throws {
    let socket = try WorldSocket(path: self.path)
    #expect(mode(of: self.path) == 0o600)
    let first = try WorldClientConnection(self.path)
    let second = try WorldClientConnection(self.path)
    first.send("one\ntwo\r\nth".utf8)
    second.send("other\n".utf8)
    try waitUntil("three answers") {
      try self.turn(socket)
      _ = (first.receive(), second.receive())
      return first.lines.count + second.lines.count == 3
    }
    first.send("ree\n".utf8)
    try waitUntil("the fourth") {
      try self.turn(socket)
      _ = first.receive()
      return first.lines == ["ONE", "TWO", "THREE"] && second.lines == ["OTHER"]
    }
  }

  @Test func `what a client sent before it ended its side is answered`() throws {
    let socket = try WorldSocket(path: self.path)
    let client = try WorldClientConnection(self.path)
    client.send("last\n".utf8)
    shutdown(client.descriptor, CInt(SHUT_WR))
    try waitUntil("the answer and the end") {
      try self.turn(socket)
      return client.receive() && client.lines == ["LAST"]
    }
  }

  @Test func `a line over the limit is refused and its client let go`() throws {
    let socket = try WorldSocket(path: self.path)
    let client = try WorldClientConnection(self.path)
    var rest = [UInt8](repeating: UInt8(ascii: "x"), count: WorldSocket.lineLimit + 5_000)[...]
    try waitUntil("the refusal") {
      rest = rest.dropFirst(client.send(rest))
      try self.turn(socket)
      return client.receive() || !client.lines.isEmpty && errno == ECONNRESET
    }
    #expect(client.lines == [#"{"ok":false,"error":"the line is longer than 65536 bytes"}"#])
  }

  @Test func `a client that reads nothing does not stop the others`() throws {
    let socket = try WorldSocket(path: self.path)
    let deaf = try WorldClientConnection(self.path)
    let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: 8_192)
    var refusals = 0
    try waitUntil("the socket takes no more of its lines") {
      refusals = deaf.send(lines) == 0 ? refusals + 1 : 0
      try self.turn(socket, answer: [UInt8](repeating: UInt8(ascii: "x"), count: 10_000))
      return refusals == 100
    }
    let other = try WorldClientConnection(self.path)
    other.send("hello\n".utf8)
    try waitUntil("the answer") {
      try self.turn(socket)
      _ = other.receive()
      return other.lines == ["HELLO"]
    }
  }

  @Test func `the socket file of a dead process is replaced, a live one is an error`() throws {
    do {
      let dead = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: self.path.utf8) }
      let code = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(code == 0)
      close(dead)
    }
    let socket = try WorldSocket(path: self.path)
    #expect(
      throws: HostError(
        "listen for the world at", on: self.path, because: "another process listens there")
    ) { try WorldSocket(path: self.path) }
    try self.turn(socket)
    _ = consume socket
    #expect(self.folder.entries.isEmpty, "it is removed at the end")
  }

  @Test func `a path that is too long, or of another file, is an error`() throws {
    let long = self.folder.path(
      String(repeating: "x", count: 108 - self.folder.path.utf8.count - 1))
    #expect(
      throws: HostError(
        "listen for the world at", on: long,
        because: "the path has 108 bytes; a socket's has at most 107")
    ) { try WorldSocket(path: long) }
    _ = try WorldSocket(path: String(long.dropLast()))
    let file = self.folder.write("file", [1])
    #expect(
      throws: HostError(
        "listen for the world at", on: file, because: "a file that is not a socket is there")
    ) { try WorldSocket(path: file) }
    #expect(try readFile(file, purpose: "it") == [1])
  }
}
