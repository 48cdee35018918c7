import Glibc

/// The device's end of the connection with one program that drives it.
final class WorldConnection {
  private let socket: OwnedDescriptor
  private var received: [UInt8] = []
  /// So many of the bytes received hold no line's end.
  private var searchedByteCount = 0
  private var answers: [UInt8] = []
  /// No more lines are taken: the client has ended its side, or sent too long a line.
  private var isInputOver = false
  private(set) var hasEnded = false

  init(owning socket: consuming OwnedDescriptor) {
    makeNonBlocking(socket.rawValue)
    self.socket = socket
  }

  var descriptor: CInt { self.socket.rawValue }

  /// A client that does not read its answers is not read from either.
  func add(to pollSet: inout PollSet) {
    pollSet.add(self.descriptor, self.answers.isEmpty ? POLLIN : POLLOUT)
  }

  func advance(answer: ([UInt8]) -> [UInt8]) {
    self.send()
    if self.answers.isEmpty, !self.isInputOver { self.receive() }
    while !self.hasEnded, self.answers.isEmpty, let line = self.takeLine() {
      self.answers = answer(line) + [UInt8(ascii: "\n")]
      self.send()
    }
    if self.isInputOver, self.answers.isEmpty { self.hasEnded = true }
  }

  private func receive() {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = retryingInterrupts { read(self.descriptor, &buffer, buffer.count) }
    if count > 0 {
      self.received += buffer[..<count]
    } else if count == 0 {
      self.isInputOver = true
    } else if errno != EAGAIN {
      self.hasEnded = true
    }
  }

  /// The next line without its end; nil until there is one.
  ///
  /// Behind a line over the limit nothing can be told apart any more: it is answered, and the
  /// client is let go.
  private func takeLine() -> [UInt8]? {
    let unsearched = self.received[self.searchedByteCount...]
    guard let end = unsearched.firstIndex(of: UInt8(ascii: "\n")) else {
      self.searchedByteCount = self.received.count
      if self.received.count > WorldSocket.lineLimit { self.refuseLongLine() }
      return nil
    }
    self.searchedByteCount = 0
    guard end <= WorldSocket.lineLimit else {
      self.refuseLongLine()
      return nil
    }
    let line = [UInt8](self.received[..<end])
    self.received.removeFirst(end + 1)
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private func refuseLongLine() {
    self.received = []
    self.searchedByteCount = 0
    self.isInputOver = true
    let words = "the line is longer than \(WorldSocket.lineLimit) bytes"
    self.answers = WorldAnswer.failed(WorldError(words)).bytes + [UInt8(ascii: "\n")]
  }

  private func send() {
    while !self.answers.isEmpty {
      let count = self.answers.withUnsafeBytes { buffer in
        retryingInterrupts { write(self.descriptor, buffer.baseAddress, buffer.count) }
      }
      guard count > 0 else {
        if errno != EAGAIN { self.hasEnded = true }
        return
      }
      self.answers.removeFirst(count)
    }
  }
}
