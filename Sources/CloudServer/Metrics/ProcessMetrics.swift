import Foundation
import Glibc

/// The process by the names that all Prometheus clients give it (Linux, `/proc/self`).
struct ProcessMetrics {
  let cpuSeconds: Double
  let residentByteCount: Double
  let virtualByteCount: Double
  let openDescriptorCount: Double
  let descriptorLimit: Double
  /// Since 1970.
  let startSeconds: Double

  /// Nil where there is no `/proc`.
  init?() {
    guard let stat = Self.text(of: "/proc/self/stat"), let end = stat.lastIndex(of: ")"),
      let boot = Self.text(of: "/proc/stat")?.split(separator: "\n")
        .first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst(6)) }),
      let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    else { return nil }
    // From the third field on, for the second may hold anything (proc_pid_stat(5)).
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    func field(_ number: Int) -> Double? {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }
    guard let user = field(14), let system = field(15), let start = field(22),
      let virtual = field(23), let pages = field(24)
    else { return nil }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    self.cpuSeconds = (user + system) / ticks
    self.virtualByteCount = virtual
    self.residentByteCount = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    self.startSeconds = boot + start / ticks
    // Without the one that reads the folder.
    self.openDescriptorCount = Double(max(descriptors.count - 1, 0))
    self.descriptorLimit = Double(DescriptorLimit.current)
  }

  func write(to text: inout MetricText) {
    let gauges: [(String, MetricText.Kind, String, Double)] = [
      (
        "process_cpu_seconds_total", .counter, "User and system CPU time spent, in seconds.",
        self.cpuSeconds
      ),
      (
        "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
        self.residentByteCount
      ),
      (
        "process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.",
        self.virtualByteCount
      ),
      ("process_open_fds", .gauge, "Open file descriptors.", self.openDescriptorCount),
      ("process_max_fds", .gauge, "Most file descriptors that may be open.", self.descriptorLimit),
      (
        "process_start_time_seconds", .gauge, "Start of the process, in seconds since 1970.",
        self.startSeconds
      ),
    ]
    for (name, kind, help, value) in gauges {
      text.begin(name, kind, help)
      text.sample(name, [], value)
    }
  }

  /// Files of /proc tell no size, so until the end.
  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { break }
      bytes.append(contentsOf: chunk.prefix(count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
