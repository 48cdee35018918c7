import CloudCore
import DeviceProtocol

/// REQUEST of `docs/protocol.md`.
struct RequestRecordBody: Encodable {
  let record: RequestRecord

  enum CodingKeys: String, CodingKey {
    case sequence, at, method, path, status, reason, client, kind, grant, event, generation
    case address, fault
    case account = "account_id"
    case device = "device_id"
    case session = "session_id"
    case deadToken = "dead_token"
    case duration = "duration_us"
  }

  func encode(to encoder: any Encoder) throws {
    let facts = self.record.facts
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.record.sequence, forKey: .sequence)
    try members.encode(self.record.at.value, forKey: .at)
    try members.encode(self.record.durationMicroseconds, forKey: .duration)
    try members.encode(self.record.method, forKey: .method)
    try members.encode(self.record.path, forKey: .path)
    // `encode`, not `encodeIfPresent`: it writes null.
    try members.encode(self.record.status, forKey: .status)
    try members.encodeIfPresent(self.record.reason, forKey: .reason)
    try members.encodeIfPresent(facts.client, forKey: .client)
    try members.encodeIfPresent(facts.kind, forKey: .kind)
    try members.encodeIfPresent(facts.account?.text, forKey: .account)
    try members.encodeIfPresent(facts.device?.text, forKey: .device)
    try members.encodeIfPresent(facts.session?.text, forKey: .session)
    try members.encodeIfPresent(facts.generation, forKey: .generation)
    try members.encodeIfPresent(facts.grant, forKey: .grant)
    try members.encodeIfPresent(facts.event, forKey: .event)
    try members.encodeIfPresent(facts.isTokenDead, forKey: .deadToken)
    try members.encodeIfPresent(facts.fault, forKey: .fault)
    try members.encode(self.record.address, forKey: .address)
  }
}

struct RequestPageBody: Encodable {
  let requests: [RequestRecordBody]
  let cursor: String
  let complete: Bool

  init(_ page: RequestJournal.Page, cursor: String) {
    self.requests = page.records.map(RequestRecordBody.init)
    self.cursor = cursor
    self.complete = page.isComplete
  }
}

/// Of `POST /admin/v1/requests/assert`: one of `assertion`, `exactly`, `at_least` and `at_most`.
struct AssertionBody: StrictBody {
  let assertion: RequestAssertion.Name?
  let exactly: WholeNumber<UInt32>?
  let atLeast: WholeNumber<UInt32>?
  let atMost: WholeNumber<UInt32>?
  let since: TimeValue?
  let cursor: String?
  let conditions: [String: ConditionValue]?
  let withinMilliseconds: WholeNumber<UInt32>?

  /// Longer than this nobody waits for a test.
  static let longestWaitMilliseconds: UInt32 = 60_000

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case assertion, exactly, since, cursor
    case atLeast = "at_least"
    case atMost = "at_most"
    case conditions = "where"
    case withinMilliseconds = "within_ms"
  }

  func bound() throws(HTTPFailure) -> RequestAssertion.Bound {
    let bounds = [
      self.assertion?.bound, self.exactly.map { .exactly(Int($0.value)) },
      self.atLeast.map { .atLeast(Int($0.value)) }, self.atMost.map { .atMost(Int($0.value)) },
    ].compactMap { $0 as RequestAssertion.Bound? }
    guard bounds.count == 1, let bound = bounds.first else {
      throw .invalidRequest("give one of 'assertion', 'exactly', 'at_least' and 'at_most'")
    }
    return bound
  }

  func wait() throws(HTTPFailure) -> Duration {
    let milliseconds = self.withinMilliseconds?.value ?? 0
    guard milliseconds <= Self.longestWaitMilliseconds else {
      throw .invalidRequest("'within_ms' must be at most \(Self.longestWaitMilliseconds)")
    }
    return .milliseconds(Int64(milliseconds))
  }

  /// Milliseconds since 1970, or ISO 8601.
  struct TimeValue: Decodable, Sendable {
    let text: String
    init(from decoder: any Decoder) throws {
      let value = try ConditionValue(from: decoder)
      self.text = value.text
    }
  }

  /// Text, a whole number or a boolean.
  struct ConditionValue: Decodable, Sendable {
    let text: String
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let boolean = try? container.decode(Bool.self) {
        self.text = "\(boolean)"
      } else if let number = try? container.decode(UInt64.self) {
        self.text = "\(number)"
      } else {
        self.text = try container.decode(String.self)
      }
    }
  }
}

/// What an assertion is answered with: 200 when it holds, 409 when not.
struct VerdictBody: Encodable {
  let held: Bool
  let count: Int
  let complete: Bool
  let expected: String?
  let message: String?
  let requests: [RequestRecordBody]?

  init(_ verdict: RequestAssertion.Verdict, of assertion: RequestAssertion) {
    self.held = verdict.holds
    self.count = verdict.count
    self.complete = verdict.isComplete
    if verdict.holds {
      (self.expected, self.message, self.requests) = (nil, nil, nil)
      return
    }
    self.expected = assertion.expectation
    var message =
      "expected \(assertion.expectation), but there \(verdict.count == 1 ? "was" : "were") \(verdict.count)"
    if !verdict.isComplete { message += "; and older ones are in the journal no more" }
    self.message = message
    self.requests = verdict.first.map(RequestRecordBody.init)
  }
}
