package import DeviceCore
import DeviceProtocol

extension Journal {
  func booted(
    _ manufacture: Manufacture, firmwareVersion: [UInt8], state: LifecycleName, world: String?
  ) {
    var members = [
      JSONMember("device_id", .string(manufacture.deviceID)),
      JSONMember("kind", .text(manufacture.kind.text)),
      JSONMember("model", .string(manufacture.model)),
      JSONMember("serial", .string(manufacture.serial)),
      JSONMember("firmware_version", .string(firmwareVersion)),
      JSONMember("state", .text(state.word.text)),
    ]
    if let world { members.append(JSONMember("world", .utf8(world))) }
    self.write(.booted, members)
  }

  func power(_ state: JournalPowerState) {
    self.write(.power, [JSONMember("state", .text(state.text))])
  }

  func stored(_ key: RecordKey, byteCount: Int) {
    self.write(
      .stored,
      [JSONMember("key", .utf8(key.name)), JSONMember("byteCount", .integer(Int64(byteCount)))])
  }

  func tlsVerified(wasResumed: Bool) {
    self.write(
      .tls,
      [
        JSONMember("result", .text(JournalTLSResult.verified.text)),
        JSONMember("resumed", .boolean(wasResumed)),
      ])
  }

  /// In a `connect` or a `tls` line, by what failed; an answer that is not HTTP is in the line of
  /// its request only.
  func connectionFailed(_ failure: ConnectionFailure) {
    switch failure.failure {
    case .noRoute: self.connect(.noRoute, failure.detail)
    case .refused: self.connect(.refused, failure.detail)
    case .timedOut: self.connect(.timedOut, failure.detail)
    case .reset: self.connect(.reset, failure.detail)
    case .unknownAuthority: self.tls(.unknownAuthority, failure.detail)
    case .wrongHost: self.tls(.wrongHost, failure.detail)
    case .certificateExpired: self.tls(.expired, failure.detail)
    case .otherTLS: self.tls(.failed, failure.detail)
    case .malformedAnswer: break
    }
  }

  private func connect(_ result: JournalConnectResult, _ detail: String) {
    self.write(
      .connect, [JSONMember("result", .text(result.text)), JSONMember("detail", .utf8(detail))])
  }

  private func tls(_ result: JournalTLSResult, _ detail: String) {
    self.write(
      .tls,
      [
        JSONMember("result", .text(result.text)), JSONMember("resumed", .boolean(false)),
        JSONMember("detail", .utf8(detail)),
      ])
  }

  /// What the machine reports.
  package func report(_ report: DeviceReport) {
    switch report {
    case .state(let from, let to):
      self.write(
        .state,
        [JSONMember("from", .text(from.word.text)), JSONMember("to", .text(to.word.text))])
    case .wifi(let result, let ssid):
      self.write(
        .wifi,
        [
          JSONMember("result", .text(result.word.text)),
          JSONMember("ssid", .string(ssid.description)),
        ])
    case .payload(let verdict):
      var members = [JSONMember("result", .text(verdict.word.text))]
      if case .malformed(let error) = verdict {
        members.append(JSONMember("detail", .string(error.description)))
      }
      self.write(.payload, members)
    case .request(let name, let outcome):
      self.request(name, outcome)
    case .backoff(let milliseconds, let attempt):
      self.write(
        .backoff,
        [
          JSONMember("milliseconds", .integer(Int64(milliseconds))),
          JSONMember("attempt", .integer(Int64(attempt))),
        ])
    case .loggedOut(let reason):
      self.write(.loggedOut, [JSONMember("reason", .prose(reason))])
    }
  }

  private func request(_ name: RequestName, _ outcome: RequestOutcome) {
    var members = [
      JSONMember("name", .text(name.word.text)),
      JSONMember("outcome", .text(outcome.word.text)),
    ]
    switch outcome {
    case .sent, .ended:
      break
    case .ok(let status):
      members.append(JSONMember("status", .integer(Int64(status))))
    case .refused(let status, let reason):
      members.append(JSONMember("status", .integer(Int64(status))))
      if !reason.isEmpty { members.append(JSONMember("detail", .word(reason))) }
    case .failed(let failure):
      members.append(JSONMember("detail", .utf8(failure.words)))
    case .discarded(let sequence):
      members.append(JSONMember("detail", .utf8("sequence \(sequence)")))
    }
    self.write(.request, members)
  }
}

extension JSONValue {
  static func utf8(_ text: String) -> JSONValue { .string([UInt8](text.utf8)) }

  /// A peer's word, as far as it is one: short, of lower-case letters, digits, `_`, `-` and `.`.
  ///
  /// A cloud may not put a token into a device's journal, nor what a terminal would obey.
  static func word(_ bytes: [UInt8]) -> JSONValue {
    let isWord =
      bytes.count <= 32
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default:
          false
        }
      }
    return isWord ? .string(bytes) : .text("unprintable" as StaticString)
  }

  /// A peer's sentence, such as an operator's reason for a logout: printable ASCII, without anything as long as a token in it.
  static func prose(_ bytes: [UInt8]) -> JSONValue {
    let isProse =
      bytes.count <= LogoutNotice.reasonByteCountLimit
      && bytes.allSatisfy { (0x20...0x7e).contains($0) }
      && bytes.split(separator: UInt8(ascii: " ")).allSatisfy { $0.count <= 32 }
    return isProse ? .string(bytes) : .text("unprintable" as StaticString)
  }
}

extension ConnectFailure {
  fileprivate var words: String {
    switch self {
    case .noRoute: "no route"
    case .refused: "connection refused"
    case .timedOut: "timed out"
    case .reset: "connection reset"
    case .unknownAuthority: "the cloud's certificate is of an unknown authority"
    case .wrongHost: "the cloud's certificate is of another host"
    case .certificateExpired: "the cloud's certificate is not valid now"
    case .otherTLS: "TLS failed"
    case .malformedAnswer: "malformed answer"
    }
  }
}
