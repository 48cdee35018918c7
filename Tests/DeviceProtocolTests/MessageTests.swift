import DeviceProtocol
import TestSupport
import Testing

struct MessageTests {
  @Test func `a token response is read and written`() throws {
    let body =
      #"{"access_token":"rlka_a","token_type":"Bearer","expires_in":900,"#
      + #""refresh_token":"rlkr_b","device_id":"d","account_id":"a"}"#
    let response = TokenResponse(
      accessToken: bytes("rlka_a"), expiresInSeconds: 900, refreshToken: bytes("rlkr_b"),
      deviceID: bytes("d"), accountID: bytes("a"))
    #expect(text(response.bytes) == body)
    #expect(try TokenResponse(parsing: bytes(body)) == response)
    #expect(!"\(response)".contains("\(bytes("rlkr_b"))"))
  }

  @Test(arguments: [
    (Int64(0), UInt32(0)), (-1, 0), (.min, 0), (4_294_967_296, .max), (.max, .max),
  ])
  func `a lifetime beyond the range is clamped`(sent: Int64, read: UInt32) throws {
    let body =
      #"{"access_token":"a","token_type":"bearer","expires_in":\#(sent),"refresh_token":"b","x":[]}"#
    #expect(try TokenResponse(parsing: bytes(body)).expiresInSeconds == read)
  }

  @Test(arguments: [
    #"[]"#,
    #"{}"#,
    #"{"token_type":"Bearer","expires_in":1,"refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"DPoP","expires_in":1,"refresh_token":"b"}"#,
    #"{"access_token":"a","expires_in":1,"refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"Bearer","refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":1.5,"refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":"1","refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":1}"#,
    #"{"access_token":"","token_type":"Bearer","expires_in":1,"refresh_token":"b"}"#,
    #"{"access_token":"a\r\nX: y","token_type":"Bearer","expires_in":1,"refresh_token":"b"}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":1,"refresh_token":"b c"}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":1,"refresh_token":7}"#,
    #"{"access_token":"a","token_type":"Bearer","expires_in":1,"refresh_token":"b","account_id":1}"#,
  ])
  func `a token response that could not be used is refused`(body: String) {
    #expect(throws: MessageError.self) { try TokenResponse(parsing: bytes(body)) }
  }

  @Test func `a token that would not fit the flash is refused`() throws {
    func body(tokenByteCount: Int) -> [UInt8] {
      let token = String(repeating: "t", count: tokenByteCount)
      return bytes(
        #"{"access_token":"a","token_type":"Bearer","expires_in":1,"refresh_token":"\#(token)"}"#)
    }
    _ = try TokenResponse(parsing: body(tokenByteCount: 900))
    #expect(throws: MessageError.self) { try TokenResponse(parsing: body(tokenByteCount: 901)) }
  }

  @Test func `an access token is in no flash, and may be longer`() throws {
    func body(tokenByteCount: Int) -> [UInt8] {
      let token = String(repeating: "t", count: tokenByteCount)
      return bytes(
        #"{"access_token":"\#(token)","token_type":"Bearer","expires_in":1,"refresh_token":"b"}"#)
    }
    #expect(
      try TokenResponse(parsing: body(tokenByteCount: 2_048)).accessToken.count == 2_048)
    #expect(throws: MessageError.self) { try TokenResponse(parsing: body(tokenByteCount: 2_049)) }
  }

  @Test func `a refusal is read, with words that are not known too`() throws {
    let pending = try ErrorResponse(
      parsing: bytes(#"{"error":"authorization_pending","error_description":"x","interval":5}"#))
    #expect(pending.code == .authorizationPending)
    #expect(pending.intervalSeconds == 5)
    #expect(pending.knownReason == nil)
    let refusal = ErrorResponse(
      error: .invalidGrant, errorDescription: nil, reason: .loggedOut, intervalSeconds: nil)
    #expect(text(refusal.bytes) == #"{"error":"invalid_grant","reason":"logged_out"}"#)
    #expect(try ErrorResponse(parsing: refusal.bytes) == refusal)
    let unknown = try ErrorResponse(parsing: bytes(#"{"error":"new_error","reason":"new"}"#))
    #expect(unknown.code == nil)
    #expect(text(unknown.reason ?? []) == "new")
    #expect(throws: MessageError.self) { try ErrorResponse(parsing: bytes(#"{"reason":"x"}"#)) }
    #expect(throws: MessageError.self) { try ErrorResponse(parsing: bytes("<html>")) }
  }

  @Test func `a heartbeat is read and written`() throws {
    let ssid = try #require(SSID([0x48, 0xff, 0x00]))
    let heartbeat = Heartbeat(
      uptimeMilliseconds: 12_345, ssid: ssid, signalDBm: -67, firmwareVersion: bytes("2.0.0"))
    let body =
      #"{"uptime_ms":12345,"ssid":"48ff00","signal_dbm":-67,"firmware_version":"2.0.0"}"#
    #expect(text(heartbeat.bytes) == body)
    #expect(try Heartbeat(parsing: bytes(body)) == heartbeat)
    #expect(throws: MessageError.self) {
      try Heartbeat(
        parsing: bytes(#"{"uptime_ms":1,"ssid":"","signal_dbm":-67,"firmware_version":"2"}"#))
    }
    #expect(throws: MessageError.self) {
      try Heartbeat(
        parsing: bytes(#"{"uptime_ms":1,"ssid":"48","signal_dbm":-129,"firmware_version":"2"}"#))
    }
  }

  @Test func `motions are read and written`() throws {
    let motions = [
      Motion(sequence: 0, at: UnixMilliseconds(1)),
      Motion(sequence: .max, at: UnixMilliseconds(1_577_376_060_000)),
    ]
    let body =
      #"{"motions":[{"sequence":0,"at":1},{"sequence":4294967295,"at":1577376060000}]}"#
    #expect(text(Motion.body(of: motions)) == body)
    #expect(try Motion.parse(body: bytes(body)) == motions)
    #expect(throws: MessageError.self) {
      try Motion.parse(body: bytes(#"{"motions":[{"sequence":4294967296,"at":1}]}"#))
    }
  }

  @Test func `measurements are read and written, whole or not at all`() throws {
    let measurements = [
      Measurement(
        sequence: 7, at: UnixMilliseconds(2), weightGrams: 72_500, impedanceOhms: 500,
        composition: Measurement.Composition(
          fatPermille: 188, waterPermille: 600, muscleGrams: 31_000, boneGrams: 3_300)),
      Measurement(
        sequence: 8, at: UnixMilliseconds(3), weightGrams: 1, impedanceOhms: nil,
        composition: nil),
    ]
    let body =
      #"{"measurements":[{"sequence":7,"at":2,"weight_grams":72500,"impedance_ohms":500,"#
      + #""fat_permille":188,"water_permille":600,"muscle_grams":31000,"bone_grams":3300},"#
      + #"{"sequence":8,"at":3,"weight_grams":1}]}"#
    #expect(text(Measurement.body(of: measurements)) == body)
    #expect(try Measurement.parse(body: bytes(body)) == measurements)
    #expect(throws: MessageError.self) {
      try Measurement.parse(
        body: bytes(
          #"{"measurements":[{"sequence":7,"at":2,"weight_grams":72500,"fat_permille":188}]}"#))
    }
  }

  @Test func `acknowledgements are read and written`() throws {
    let acknowledgement = Acknowledgement(sequences: [1, 4_294_967_295])
    let body = #"{"acknowledged":[1,4294967295]}"#
    #expect(text(acknowledgement.bytes) == body)
    #expect(try Acknowledgement(parsing: bytes(body)) == acknowledgement)
    for wrong in [#"{"acknowledged":[-1]}"#, #"{"acknowledged":["1"]}"#, #"{"acknowledged":1}"#] {
      #expect(throws: MessageError.self) { try Acknowledgement(parsing: bytes(wrong)) }
    }
  }

  @Test func `a logout notice is read and written`() throws {
    let notice = LogoutNotice(scope: bytes("everyone"), reason: bytes("incident"))
    let data = #"{"scope":"everyone","reason":"incident"}"#
    #expect(text(notice.bytes) == data)
    #expect(try LogoutNotice(parsing: bytes(data)) == notice)
  }

  @Test func `words are distinct and read back`() {
    func check<Word: WireWord>(_ type: Word.Type) {
      let spellings = Word.allCases.map { $0.bytes }
      #expect(Set(spellings).count == spellings.count, "\(type)")
      for word in Word.allCases {
        #expect(Word(word.bytes) == word)
        #expect(Word(word.bytes + [0x20]) == nil)
      }
    }
    check(GrantType.self)
    check(ClientID.self)
    check(DeviceKind.self)
    check(ErrorCode.self)
    check(ErrorReason.self)
    check(GrantParameter.self)
    check(Endpoint.self)
    check(StreamEventName.self)
    check(TokenPrefix.self)
    check(JournalEvent.self)
    check(JournalState.self)
    check(JournalWiFiResult.self)
    check(JournalPayloadResult.self)
    check(JournalRequestName.self)
    check(JournalRequestOutcome.self)
    check(JournalTLSResult.self)
    check(JournalConnectResult.self)
    check(JournalPowerState.self)
  }
}
