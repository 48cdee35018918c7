import Glibc
import Testing

/// A program that a test runs; killed and waited for when the test ends, failed or not.
final class ChildProcess {
  let processID: pid_t
  private var output: CInt
  private var buffered: [UInt8] = []
  private var status: CInt?

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a program; its standard output and error are read by the test.
  ///
  /// - Parameter environment: Added to the test's own, as `NAME=value`.
  init(_ path: String, _ arguments: [String], environment: [String] = []) throws {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    // What the tests ignore, the program has to ignore by itself.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var reset = sigset_t()
    sigemptyset(&reset)
    sigaddset(&reset, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &reset)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var child: pid_t = 0
    let code = withArguments([path] + arguments) { arguments in
      withArguments(environment + inheritedEnvironment()) { environment in
        posix_spawn(&child, path, &actions, &attributes, arguments, environment)
      }
    }
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw Failure(description: "start \(path): errno \(code)")
    }
    self.processID = child
    self.output = ends[0]
    _ = fcntl(self.output, F_SETFL, O_NONBLOCK)
    _ = fcntl(self.output, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    if self.status == nil {
      kill(self.processID, SIGKILL)
      waitpid(self.processID, nil, 0)
    }
    if self.output >= 0 { close(self.output) }
  }

  /// Lets go of the reading end of its output.
  func stopReading() {
    close(self.output)
    self.output = -1
  }

  /// The next line that contains this, and all before it taken.
  func nextLine(containing text: String) throws -> String {
    let deadline = time(nil) + 15
    var seen: [String] = []
    while true {
      while let line = self.takeLine() {
        if line.contains(text) { return line }
        seen.append(line)
      }
      guard time(nil) < deadline, self.status == nil else {
        throw Failure(description: "no \(text) in: \(seen)")
      }
      if !self.receive() { _ = self.poll() }
    }
  }

  /// Waits for its end.
  ///
  /// - Returns: The exit code; 128 and the number of the signal that killed it.
  func wait() throws -> CInt {
    let deadline = time(nil) + 15
    while time(nil) < deadline {
      if let code = self.poll() { return code }
      // Its output is read, or a full pipe would hold it up.
      if !self.receive() { usleep(1_000) }
    }
    throw Failure(description: "process \(self.processID) has not ended")
  }

  /// All that it printed and that was not read as a line.
  func remainingOutput() -> String {
    while self.receive() {}
    return String(decoding: self.buffered, as: UTF8.self)
  }

  private func poll() -> CInt? {
    if let status { return status }
    var raw: CInt = 0
    guard waitpid(self.processID, &raw, WNOHANG) == self.processID else {
      usleep(500)
      return nil
    }
    let signal = raw & 0x7f
    self.status = signal == 0 ? raw >> 8 & 0xff : 128 + signal
    return self.status
  }

  /// - Returns: Whether there was anything.
  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(self.output, &buffer, buffer.count)
    guard count > 0 else { return false }
    self.buffered += buffer[..<count]
    return true
  }

  private func takeLine() -> String? {
    guard let end = self.buffered.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { self.buffered.removeFirst(end + 1) }
    return String(decoding: self.buffered[..<end], as: UTF8.self)
  }
}

private func inheritedEnvironment() -> [String] {
  var variables: [String] = []
  for name in ["PATH", "LD_LIBRARY_PATH", "HOME"] {
    if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
  }
  return variables
}

/// Calls with an array of C strings that ends with nil.
private func withArguments<Result>(
  _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
