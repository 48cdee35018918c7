import Foundation
import Scenarios

/// The disk's own speed: what any durable commit costs at least.
enum DiskProbe {
  /// Appends a page to a file and waits until it is durable, again and again.
  static func commitsPerSecond(in folder: String, seconds: Double) throws -> Double {
    let path = "\(folder)/relink-bench-\(getpid())"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw LabError(
        .file, "the file \(path) for the benchmark: \(String(cString: strerror(errno)))")
    }
    defer {
      close(descriptor)
      unlink(path)
    }
    let page = [UInt8](repeating: 7, count: 4_096)
    let clock = ContinuousClock()
    let started = clock.now
    var count = 0
    while (clock.now - started).inMilliseconds < seconds * 1_000 {
      guard write(descriptor, page, page.count) == page.count, fdatasync(descriptor) == 0 else {
        throw LabError(.file, "writing \(path): \(String(cString: strerror(errno)))")
      }
      count += 1
    }
    return Double(count) / ((clock.now - started).inMilliseconds / 1_000)
  }
}
