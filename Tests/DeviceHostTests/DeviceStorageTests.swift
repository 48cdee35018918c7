import DeviceCore
import Glibc
import Testing

@testable import DeviceHost

@Suite struct DeviceStorageTests {
  private let folder = TemporaryFolder()
  private var path: String { self.folder.path("flash") }

  @Test func `a power cut in a write of credentials never loses the older ones`() throws {
    let older = [UInt8](repeating: 0x41, count: 100)
    let newer = [UInt8](repeating: 0x42, count: 120)
    var lastKept: UInt32?
    for byteCount in UInt32(0)..<200 {
      let flash = try FileFlash(creating: self.folder.path("flash-\(byteCount)"))
      var storage = try DeviceStorage(mounting: flash)
      #expect(storage.store(.credentials, older) == .stored)
      storage.armPowerCut(afterByteCount: byteCount)
      #expect(storage.store(.wifi, [1]) == .stored, "only credentials are cut")
      #expect(storage.store(.credentials, newer) == .powerCut)

      let value = try DeviceStorage(mounting: flash).value(for: .credentials)
      #expect(value == older || value == newer, "cut after \(byteCount) bytes")
      if value == older { lastKept = byteCount }
    }
    let kept = try #require(lastKept)
    #expect(kept >= 100 && kept < 199, "both outcomes were met")
  }

  @Test func `after a cut and a boot writing works again`() throws {
    let flash = try FileFlash(creating: self.path)
    var storage = try DeviceStorage(mounting: flash)
    storage.armPowerCut(afterByteCount: 3)
    #expect(storage.store(.credentials, [1, 2, 3]) == .powerCut)
    var rebooted = try DeviceStorage(mounting: flash)
    #expect(rebooted.store(.credentials, [4, 5, 6]) == .stored)
    #expect(try DeviceStorage(mounting: flash).value(for: .credentials) == [4, 5, 6])
  }

  @Test func `removing credentials is no write that an armed cut waits for`() throws {
    var storage = try DeviceStorage(mounting: FileFlash(creating: self.path))
    #expect(storage.store(.credentials, [1]) == .stored)
    storage.armPowerCut(afterByteCount: 0)
    #expect(storage.store(.credentials, []) == .stored)
    #expect(storage.store(.credentials, [2]) == .powerCut)
  }

  @Test func `the machine is not given the record of manufacture`() throws {
    var storage = try DeviceStorage(mounting: FileFlash(creating: self.path))
    #expect(storage.store(.manufacture, [1]) == .stored)
    #expect(storage.store(.wifi, [2]) == .stored)
    #expect(storage.records == [StoredRecord(key: .wifi, value: [2])])
  }

  @Test func `a corrupt flash file is refused with its path and left as it is`() throws {
    let noise = [UInt8](repeating: 0x35, count: 65_536)
    let path = self.folder.write("flash", noise)
    let flash = try FileFlash(opening: path)
    #expect {
      _ = try DeviceStorage(mounting: flash)
    } throws: { error in
      (error as? HostError)?.description.hasPrefix("read the flash file \(path): it is corrupt")
        == true
    }
    #expect(try readFile(path, purpose: "it") == noise)
  }

  @Test func `a flash file with random damage is mounted or refused, and never traps`() throws {
    var generator = SeededGenerator(seed: 7)
    for round in 0..<40 {
      let path = self.folder.path("flash-\(round)")
      let flash = try FileFlash(creating: path)
      var storage = try DeviceStorage(mounting: flash)
      for key in [RecordKey.wifi, .credentials, .counters] {
        _ = storage.store(key, [UInt8](repeating: 9, count: 60))
      }
      for _ in 0..<(round * 4) {
        let sector = UInt32.random(in: 0..<3, using: &generator)
        let offset = sector * 4_096 + UInt32.random(in: 0..<64, using: &generator) * 8
        try flash.program(at: offset, (0..<8).map { _ in generator.next().littleEndianByte })
      }
      if var mounted = try? DeviceStorage(mounting: flash) {
        _ = mounted.store(.credentials, [1, 2, 3])
      }
    }
  }

  /// RLIMIT_FSIZE stands in for a disk that is full: a write beyond it fails. The limit is the
  /// whole process's, so that the body runs in a child.
  @Test func `on a full disk a store fails, names the path, and loses nothing older`() async throws
  {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      let flash = try FileFlash(creating: folder.path("flash"))
      var storage = try DeviceStorage(mounting: flash)
      guard storage.store(.credentials, [1, 2, 3]) == .stored else { exit(2) }
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 0, rlim_max: rlim_t.max)
      guard setrlimit(CInt(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(3) }
      guard case .failed(let error) = storage.store(.credentials, [4, 5, 6]) else { exit(4) }
      guard error.subject == folder.path("flash"), error.reason.contains("File too large") else {
        exit(5)
      }
      guard storage.value(for: .credentials) == [1, 2, 3] else { exit(6) }
      limit.rlim_cur = rlim_t.max
      guard setrlimit(CInt(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(7) }
      var rebooted = try DeviceStorage(mounting: flash)
      guard rebooted.value(for: .credentials) == [1, 2, 3] else { exit(8) }
      guard rebooted.store(.credentials, [7, 8, 9]) == .stored else { exit(9) }
      // `exit` runs no deinit.
      _ = consume folder
    }
  }
}

extension UInt64 {
  fileprivate var littleEndianByte: UInt8 { UInt8(truncatingIfNeeded: self) }
}
