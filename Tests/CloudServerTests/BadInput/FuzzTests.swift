import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import CloudServer

/// Damaged tokens, forms and JSON: no parser traps, and none accepts what its own writer would spell
/// otherwise.
///
/// `RELINK_FUZZ_CASES` sets how many cases each parser gets (default 5,000), `RELINK_FUZZ_SEED` the
/// seed (default 1). A failure prints the seed, the number of the case and its bytes.
@Suite struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let caseCount = environment["RELINK_FUZZ_CASES"].flatMap { Int($0) } ?? 5_000
  private static let seed = environment["RELINK_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

  /// Gives the body damaged samples; it returns what is wrong, or nil.
  private static func fuzz(
    _ samples: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: ([UInt8], inout SeededGenerator) -> String?
  ) {
    var generator = SeededGenerator(seed: Self.seed)
    for number in 0..<Self.caseCount {
      let sample = samples[Int.random(in: samples.indices, using: &generator)]
      var bytes = sample.damaged(using: &generator)
      // Two samples grown together now and then, and a cut.
      if Int.random(in: 0..<8, using: &generator) == 0 {
        let other = samples[Int.random(in: samples.indices, using: &generator)]
        bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)) + other)
      }
      guard let problem = body(bytes, &generator) else { continue }
      let hexadecimal = String(decoding: Hexadecimal.encode(bytes), as: UTF8.self)
      Issue.record(
        "seed \(Self.seed), case \(number): \(problem); the bytes: \(hexadecimal)",
        sourceLocation: sourceLocation)
      return
    }
  }

  @Test func `a token's text that is accepted is spelled as it would be written`() {
    var generator = SeededGenerator(seed: Self.seed)
    let samples = TokenPrefix.allCases.flatMap { prefix in
      [0, 1, 2, 3, 32, 100].map {
        TokenText(prefix: prefix, payload: .random(count: $0, using: &generator)).bytes
      }
    }
    Self.fuzz(samples) { bytes, generator in
      // With its own checksum it would end at the checksum nearly always.
      let isRepaired = Bool.random(using: &generator)
      let text = isRepaired ? Self.withChecksum(Array(bytes.dropLast(6))) : bytes
      guard let token = try? TokenText(parsing: text) else { return nil }
      return token.bytes == text ? nil : "accepted, but spelled otherwise"
    }
  }

  @Test func `damage to a token's text is never overlooked`() {
    var generator = SeededGenerator(seed: Self.seed)
    let token = TokenText(prefix: .refresh, payload: .random(count: 48, using: &generator))
    Self.fuzz([token.bytes]) { bytes, _ in
      guard bytes != token.bytes, let parsed = try? TokenText(parsing: bytes) else { return nil }
      // A CRC-32 misses one in 2^32 of wild damage; one byte, never.
      return parsed == token ? "two texts of one token" : "damage was not seen"
    }
  }

  @Test func `a form that is accepted means the same once it is written again`() {
    let samples = [
      "grant_type=refresh_token&refresh_token=rlkr_x&client_id=relink-app", "a=%20+b&c=&d",
      "redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&state=%F0%9F%8F%A0", "a=1&b=2&&c==%3D", "",
    ].map { Array($0.utf8) }
    Self.fuzz(samples) { bytes, _ in
      guard let fields = FormEncoding.decode(bytes) else {
        return (try? Form(parsing: bytes)) == nil ? nil : "a form of what cannot be decoded"
      }
      // A field without name and value is written as `=`, and read as such again.
      guard FormEncoding.decode(FormEncoding.encode(fields)) == fields else {
        return "it is read otherwise after it was written"
      }
      guard let form = try? Form(parsing: bytes) else { return nil }
      let names = fields.map(\.name)
      if Set(names).count != names.count { return "a doubled parameter was accepted" }
      if !bytes.allSatisfy({ (0x21...0x7E).contains($0) }) { return "a raw octet was accepted" }
      for field in fields where !field.value.isEmpty {
        guard let name = String(validating: field.name, as: UTF8.self), let value = form[name],
          value.utf8.elementsEqual(field.value)
        else { return "a parameter was lost or is not UTF-8" }
      }
      return nil
    }
  }

  private static let documents = [
    #"{"access_token":"rlka_x","expires_in":3600,"a":[1,-2.5e3,null,true,false,"é😀\n"]}"#,
    #"{"motions":[{"sequence":1,"at":1576000000000},{"sequence":4294967295,"at":0}]}"#,
    #"{"uptime_ms":60000,"ssid":"486f6d65","signal_dbm":-50,"firmware_version":"2.0.0"}"#,
    #"[[[[[[[["deep"]]]]]]]]"#, "0", "-0.0", "1e-7", #""\ud83d\ude00""#, " { } ",
  ].map { Array($0.utf8) }

  @Test func `JSON that is accepted means the same once it is written again`() {
    Self.fuzz(Self.documents) { bytes, _ in
      guard let value = try? JSONValue(parsing: bytes) else { return nil }
      guard let again = try? JSONValue(parsing: value.bytes) else {
        return "it cannot be read again"
      }
      guard again == value else { return "it is read otherwise after it was written" }
      guard again.bytes == value.bytes else { return "it is written in two ways" }
      // Foundation's reader is another's: what the devices' one takes is JSON.
      let options = JSONSerialization.ReadingOptions.fragmentsAllowed
      guard (try? JSONSerialization.jsonObject(with: Data(bytes), options: options)) != nil
      else { return Self.isBeyondFoundation(value) ? nil : "Foundation refuses it" }
      return nil
    }
  }

  @Test func `a request's body that is accepted is JSON with its members and no others`() {
    Self.fuzz(Self.documents) { bytes, _ in
      let buffer = ByteBuffer(bytes: bytes)
      for problem in [
        Self.problem(HeartbeatBody.self, buffer), Self.problem(MotionsBody.self, buffer),
        Self.problem(MeasurementsBody.self, buffer), Self.problem(PairingTokenBody.self, buffer),
        Self.problem(RegistrationBody.self, buffer), Self.problem(LogoutBody.self, buffer),
        Self.problem(FaultBody.self, buffer),
      ] { if let problem { return problem } }
      return nil
    }
  }

  /// Whether a number in it is one that Foundation cannot hold.
  private static func isBeyondFoundation(_ value: JSONValue) -> Bool {
    switch value {
    case .decimal: true
    case .array(let elements): elements.contains(where: Self.isBeyondFoundation)
    case .object(let members): members.contains { Self.isBeyondFoundation($0.value) }
    default: false
    }
  }

  /// A refusal is an `HTTPFailure` that repeats nothing which a header or a log should not have.
  private static func problem<Body: StrictBody>(
    _ type: Body.Type, _ buffer: ByteBuffer
  ) -> String? {
    do {
      _ = try decodeStrictly(type, from: buffer)
      return nil
    } catch HTTPFailure.invalidRequest(let description) {
      return description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        ? nil : "\(type): the description repeats octets: \(description)"
    } catch {
      return "\(type): another error: \(error)"
    }
  }

  /// As `TokenText` does, written apart from it.
  private static func withChecksum(_ text: [UInt8]) -> [UInt8] {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    var rest = CRC32.of(text[...])
    var digits: [UInt8] = []
    for _ in 0..<6 {
      digits.insert(alphabet[Int(rest % 62)], at: 0)
      rest /= 62
    }
    return text + digits
  }
}
