import CloudCore
import DeviceProtocol
import Foundation
import TestSupport
import Testing

@Suite struct TimeTextTests {
  @Test func `what is written is read as the same millisecond`() {
    var random = SeededGenerator(seed: 1)
    var times = (0..<2_000).map { 1_577_352_060_000 + UInt64($0) }
    times += (0..<20_000).map { _ in
      UInt64.random(in: 0...ClockSetting.latest.value, using: &random)
    }
    for value in times + [0, ClockSetting.latest.value] {
      let time = UnixMilliseconds(value)
      let text = TimeText.text(time)
      #expect(TimeText.parse(text) == time, "\(text)")
      #expect(TimeText.parse("\(value)") == time)
    }
    #expect(TimeText.text(UnixMilliseconds(1_577_352_060_474)) == "2019-12-26T09:21:00.474Z")
    #expect(TimeText.text(UnixMilliseconds(.max)).hasSuffix("Z"))
  }

  @Test func `each day of eight centuries is the calendar's`() {
    let style = Date.ISO8601FormatStyle()
    for day in 0..<(146_097 * 2) {
      let time = UnixMilliseconds(UInt64(day) * 86_400_000)
      let date = Date(timeIntervalSince1970: Double(day) * 86_400)
      guard TimeText.text(time, toMilliseconds: false) == date.formatted(style) else {
        Issue.record("day \(day)")
        return
      }
    }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-01-31T12:00:00.25Z", 1_769_860_800_250),
    ("2026-01-31T13:00:00.2509+01:00", 1_769_860_800_250),
    ("2026-01-31T11:30:00-0030", 1_769_860_800_000), ("2026-01-31t14:00:00+02", 1_769_860_800_000),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T00:00:00z", 951_782_400_000),
    ("1769860800250", 1_769_860_800_250), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
  ])
  func `a time is read in each of its spellings`(text: String, milliseconds: UInt64) {
    #expect(TimeText.parse(text)?.value == milliseconds)
  }

  @Test(arguments: [
    "2026-02-29T00:00:00Z", "2026-02-31T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T23:60:00Z", "2026-01-01T23:59:60Z",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z", "2026-01-01", "2026-1-01T00:00:00Z", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "12026-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01",
    "253402300800000", "-1", "+1", "", "now", "２026-01-01T00:00:00Z", "2026-01-01T00:00:00+1:00",
  ])
  func `a time that there is not is none`(text: String) {
    #expect(TimeText.parse(text) == nil)
  }
}
