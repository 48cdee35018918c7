import DeviceCore
import Glibc
import Testing

@testable import DeviceHost

@Suite struct FileFlashTests {
  private let folder = TemporaryFolder()
  private let geometry = FlashGeometry(
    sectorByteCount: 4_096, sectorCount: 2, writeUnitByteCount: 8)

  private func makeFlash() throws -> FileFlash {
    try FileFlash(creating: self.folder.path("flash"), geometry: self.geometry)
  }

  @Test func `a new chip is blank, of its size, and for its owner only`() throws {
    let flash = try self.makeFlash()
    #expect(try flash.read(at: 0, byteCount: 8_192) == [UInt8](repeating: 0xff, count: 8_192))
    #expect(mode(of: self.folder.path("flash")) == 0o600)
    #expect(self.folder.entries == ["flash"])
  }

  @Test func `programming only clears bits`() throws {
    let flash = try self.makeFlash()
    try flash.program(at: 8, [0xf0, 0x0f, 0xff, 0x00, 0xff, 0xff, 0xff, 0xff])
    try flash.program(at: 8, [0x3c, 0xff, 0xaa, 0xff, 0xff, 0xff, 0xff, 0x01])
    #expect(
      try flash.read(at: 8, byteCount: 8) == [0x30, 0x0f, 0xaa, 0x00, 0xff, 0xff, 0xff, 0x01])
  }

  @Test func `erasing sets one sector and no other`() throws {
    let flash = try self.makeFlash()
    let zeros = [UInt8](repeating: 0, count: 8)
    try flash.program(at: 0, zeros)
    try flash.program(at: 4_096, zeros)
    try flash.erase(sector: 1)
    #expect(try flash.read(at: 0, byteCount: 8) == zeros)
    #expect(try flash.read(at: 4_096, byteCount: 8) == [UInt8](repeating: 0xff, count: 8))
  }

  @Test func `what was programmed is there after the file is opened again`() throws {
    do {
      let flash = try self.makeFlash()
      try flash.program(at: 16, [1, 2, 3, 4, 5, 6, 7, 8])
      try flash.sync()
    }
    let reopened = try FileFlash(opening: self.folder.path("flash"), geometry: self.geometry)
    #expect(try reopened.read(at: 16, byteCount: 8) == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func `a chip is free once it is closed, though a forked child has its descriptor yet`()
    throws
  {
    let path = self.folder.path("flash")
    var copies: [Int32] = []
    do {
      let flash = try self.makeFlash()
      var held: [Int32] = []
      // What a fork leaves in the child until it has executed a program.
      for descriptor in Int32(3)..<1_024 {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
        guard count > 0 else { continue }
        let name = String(
          decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if name.hasPrefix(path) { held.append(descriptor) }
      }
      copies = held.map { dup($0) }
      withExtendedLifetime(flash) {}
    }
    defer { for copy in copies { close(copy) } }
    #expect(copies.count == 1)
    #expect(throws: Never.self) { try FileFlash(opening: path, geometry: self.geometry) }
  }

  @Test(
    arguments: [(8_192, 8), (8_184, 16), (.max, 1), (.max, .max), (0, .max)] as [(UInt32, UInt32)])
  func `reading outside the chip is refused`(offset: UInt32, byteCount: UInt32) throws {
    let flash = try self.makeFlash()
    #expect(throws: FlashError.outOfRange(offset: offset, byteCount: byteCount)) {
      try flash.read(at: offset, byteCount: byteCount)
    }
  }

  @Test func `programming outside the chip or across write units is refused`() throws {
    let flash = try self.makeFlash()
    let unit = [UInt8](repeating: 0, count: 8)
    #expect(throws: FlashError.outOfRange(offset: 8_192, byteCount: 8)) {
      try flash.program(at: 8_192, unit)
    }
    #expect(throws: FlashError.misaligned(offset: 4, byteCount: 8)) {
      try flash.program(at: 4, unit)
    }
    #expect(throws: FlashError.misaligned(offset: 0, byteCount: 7)) {
      try flash.program(at: 0, unit.dropLast())
    }
    #expect(throws: FlashError.outOfRange(offset: .max, byteCount: 4_096)) {
      try flash.erase(sector: 2)
    }
    #expect(try flash.read(at: 0, byteCount: 8_192) == [UInt8](repeating: 0xff, count: 8_192))
  }

  @Test(arguments: [0, 1, 5, 8, 11] as [UInt32])
  func `a write that power fails in lands as a prefix`(byteCount: UInt32) throws {
    let flash = try self.makeFlash()
    let bytes = [UInt8](repeating: 0x5a, count: 16)
    flash.failPower(afterByteCount: byteCount)
    #expect(throws: FlashError.programFailed(offset: 0, code: EIO)) {
      try flash.program(at: 0, bytes)
    }
    #expect(throws: FlashError.programFailed(offset: 32, code: EIO)) {
      try flash.program(at: 32, bytes)
    }
    #expect(throws: FlashError.eraseFailed(sector: 0, code: EIO)) { try flash.erase(sector: 0) }
    flash.restorePower()
    let landed = try flash.read(at: 0, byteCount: 48)
    #expect(landed.prefix(Int(byteCount)).allSatisfy { $0 == 0x5a })
    #expect(landed.dropFirst(Int(byteCount)).allSatisfy { $0 == 0xff })
  }

  @Test func `a chip is opened once at a time`() throws {
    let path = self.folder.path("flash")
    let flash = try self.makeFlash()
    #expect(
      throws: HostError("lock the flash file", on: path, because: "another process uses it")
    ) { try FileFlash(opening: path, geometry: self.geometry) }
    _ = consume flash
    _ = try FileFlash(opening: path, geometry: self.geometry)
  }

  @Test func `a file of another size, a missing one and a folder are refused with their path`()
    throws
  {
    let small = self.folder.write("small", [1, 2, 3])
    for (path, reason) in [
      (small, "it holds 3 bytes instead of 8192; it is not a flash file"),
      (self.folder.path("none"), "No such file or directory"),
      (self.folder.path, "Is a directory"),
    ] {
      #expect(throws: HostError("open the flash file", on: path, because: reason)) {
        try FileFlash(opening: path, geometry: self.geometry)
      }
    }
  }

  @Test func `a chip is not made over a file that is there`() throws {
    let path = self.folder.write("flash", [1, 2, 3])
    #expect(throws: HostError("make the flash file", on: path, because: "File exists")) {
      try FileFlash(creating: path, geometry: self.geometry)
    }
    #expect(try readFile(path, purpose: "it") == [1, 2, 3])
    #expect(self.folder.entries == ["flash"])
  }
}
