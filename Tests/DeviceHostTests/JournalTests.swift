import DeviceCore
import DeviceProtocol
import Glibc
import Testing

@testable import DeviceHost

@Suite struct JournalTests {
  private let laboratory: Laboratory

  init() throws { self.laboratory = try Laboratory() }

  static let reports: [(report: DeviceReport, line: String)] = [
    (.state(from: .pairing, to: .online), #"{"event":"state","from":"pairing","to":"online"}"#),
    (
      .wifi(.failed(.wrongPassphrase), ssid: SSID([0x41, 0x00, 0xff])!),
      #"{"event":"wifi","result":"wrongPassphrase","ssid":"A\\x00\\xff"}"#
    ),
    (.payload(.alreadyBound), #"{"event":"payload","result":"alreadyBound"}"#),
    (
      .request(.refresh, .refused(status: 400, reason: [UInt8]("logged_out".utf8))),
      #"{"event":"request","name":"refresh","outcome":"refused","status":400,"detail":"logged_out"}"#
    ),
    (.request(.stream, .sent), #"{"event":"request","name":"stream","outcome":"sent"}"#),
    (.request(.stream, .ended), #"{"event":"request","name":"stream","outcome":"ended"}"#),
    (
      .request(.measurements, .discarded(sequence: 7)),
      #"{"event":"request","name":"measurements","outcome":"discarded","detail":"sequence 7"}"#
    ),
    (
      .backoff(milliseconds: 1_500, attempt: 2),
      #"{"event":"backoff","milliseconds":1500,"attempt":2}"#
    ),
    (
      .loggedOut(reason: [UInt8]("rlkr_SECRET0123456789012345678901234567890".utf8)),
      #"{"event":"loggedOut","reason":"unprintable"}"#
    ),
    (
      .loggedOut(reason: [UInt8]("a_word_as_long_as_a_token_is_one_perhaps".utf8)),
      #"{"event":"loggedOut","reason":"unprintable"}"#
    ),
    (
      .loggedOut(reason: [UInt8]("an analytics copy lay open".utf8)),
      #"{"event":"loggedOut","reason":"an analytics copy lay open"}"#
    ),
    (
      .loggedOut(reason: [0x1b, 0x5b, 0x32, 0x4a]),
      #"{"event":"loggedOut","reason":"unprintable"}"#
    ),
  ]

  @Test(arguments: reports)
  func `a report is one line of words, without what a peer could smuggle in`(
    report: DeviceReport, line: String
  ) {
    self.laboratory.journal.report(report)
    #expect(self.laboratory.journalLines() == [line])
  }

  @Test func `a reader that goes away does not stop the device`() {
    var ends: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let journal = Journal(descriptor: ends[1]) { UnixMilliseconds(0) }
    journal.power(.on)
    close(ends[1])
    journal.power(.cut)
  }

  @Test(arguments: [true, false])
  func `a slow reader is given up once there is a signal, another is not`(isSlow: Bool) throws {
    var ends: [CInt] = [-1, -1]
    var stop: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0 && pipe(&stop) == 0)
    defer { for end in ends + stop { close(end) } }
    makeNonBlocking(ends[1])
    let filling = [UInt8](repeating: UInt8(ascii: "\n"), count: 4_096)
    while isSlow, write(ends[1], filling, filling.count) > 0 {}
    // Blocking again, as standard output is.
    _ = fcntl(ends[1], F_SETFL, fcntl(ends[1], F_GETFL) & ~O_NONBLOCK)
    #expect(write(stop[1], filling, 1) == 1)
    let journal = Journal(descriptor: ends[1]) { UnixMilliseconds(0) }
    journal.giveUp(onceReadable: stop[0])
    journal.power(.on)
    makeNonBlocking(ends[0])
    var received: [UInt8] = []
    var buffer = filling
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 {
      received += buffer[..<count]
    }
    #expect(received.contains(UInt8(ascii: "{")) == !isSlow)
    // The signal has not been taken: who waits for it still finds it.
    #expect(read(stop[0], &buffer, 1) == 1)
  }

  @Test func `a full pipe that somebody made non-blocking loses no line`() throws {
    var ends: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer {
      close(ends[0])
      close(ends[1])
    }
    makeNonBlocking(ends[1])
    var filling = [UInt8](repeating: UInt8(ascii: "\n"), count: 4_096)
    while write(ends[1], filling, filling.count) > 0 {}
    var reader = pthread_t()
    let descriptor = UnsafeMutableRawPointer(bitPattern: Int(ends[0]))
    let code = pthread_create(
      &reader, nil,
      { argument in
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let descriptor = CInt(Int(bitPattern: argument))
        while read(descriptor, &buffer, buffer.count) == buffer.count {}
        return nil
      }, descriptor)
    #expect(code == 0)
    let journal = Journal(descriptor: ends[1]) { UnixMilliseconds(0) }
    journal.power(.on)
    pthread_join(reader, nil)
    filling = []
  }
}
