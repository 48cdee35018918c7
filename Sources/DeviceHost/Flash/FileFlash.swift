package import DeviceCore
import Glibc

/// A NOR flash chip kept in a file: byte n of the chip is byte n of the file.
///
/// The file is as large as the chip and locked for as long as this object lives, so two processes
/// never share one chip. A failed write leaves what the chip promises: a prefix has landed.
package final class FileFlash: FlashDevice {
  /// Of every device: 16 sectors of 4 KiB, written in units of 8 bytes.
  package static let deviceGeometry = FlashGeometry(
    sectorByteCount: 4_096, sectorCount: 16, writeUnitByteCount: 8)

  package let path: String
  package let geometry: FlashGeometry
  private let file: OwnedDescriptor
  private var supply = PowerSupply.steady

  private enum PowerSupply {
    case steady
    /// Power fails once this many more bytes have been programmed.
    case failing(afterByteCount: UInt32)
    case gone
  }

  /// Opens and locks the file of a chip.
  ///
  /// - Throws: `HostError` with the path: when it cannot be opened, is locked by another process,
  ///   or is not of the chip's size.
  package convenience init(opening path: String, geometry: FlashGeometry = deviceGeometry)
    throws(HostError)
  {
    let attempt = "open the flash file"
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw HostError(attempt, on: path, errno: errno) }
    try self.init(owning: OwnedDescriptor(descriptor), path: path, geometry: geometry)
    let size = lseek(self.file.rawValue, 0, SEEK_END)
    guard size == off_t(geometry.byteCount) else {
      throw HostError(
        attempt, on: path,
        because: "it holds \(size) bytes instead of \(geometry.byteCount); it is not a flash file")
    }
  }

  /// Makes the file of a blank chip, every byte 0xFF, at a path where no file is.
  ///
  /// All of its space is taken from the disk now, so that a full disk is met here; the path shows
  /// the file once it is whole.
  package convenience init(creating path: String, geometry: FlashGeometry = deviceGeometry)
    throws(HostError)
  {
    let attempt = "make the flash file"
    let temporary = "\(path).\(getpid()).new"
    _ = unlink(temporary)
    let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw HostError(attempt, on: path, errno: errno) }
    defer { _ = unlink(temporary) }
    try self.init(owning: OwnedDescriptor(descriptor), path: path, geometry: geometry)
    let blank = [UInt8](repeating: 0xff, count: Int(geometry.byteCount))
    do throws(SystemCallError) {
      try writeAll(blank, to: self.file.rawValue, at: 0)
      guard fsync(self.file.rawValue) == 0, link(temporary, path) == 0 else { throw .ofLastCall }
    } catch {
      throw HostError(attempt, on: path, errno: error.code)
    }
  }

  /// Closing alone is not enough while a child that was just forked still has a copy.
  deinit { _ = flock(self.file.rawValue, LOCK_UN) }

  /// Locks the chip's file.
  private init(owning file: consuming OwnedDescriptor, path: String, geometry: FlashGeometry)
    throws(HostError)
  {
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let reason = code == EWOULDBLOCK ? "another process uses it" : systemErrorText(code)
      throw HostError("lock the flash file", on: path, because: reason)
    }
    self.path = path
    self.geometry = geometry
    self.file = file
  }

  package func read(at offset: UInt32, byteCount: UInt32) throws(FlashError) -> [UInt8] {
    try self.checkRange(offset, byteCount)
    var bytes = [UInt8](repeating: 0, count: Int(byteCount))
    var count = 0
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes { buffer in
        retryingInterrupts {
          pread(
            self.file.rawValue, buffer.baseAddress.map { $0 + count }, buffer.count - count,
            off_t(offset) + off_t(count))
        }
      }
      guard read > 0 else {
        throw .readFailed(offset: offset, code: read == 0 ? EIO : errno)
      }
      count += read
    }
    return bytes
  }

  package func program(at offset: UInt32, _ bytes: [UInt8]) throws(FlashError) {
    guard let byteCount = UInt32(exactly: bytes.count) else {
      throw .outOfRange(offset: offset, byteCount: .max)
    }
    try self.checkRange(offset, byteCount)
    let unit = self.geometry.writeUnitByteCount
    guard offset % unit == 0, byteCount % unit == 0 else {
      throw .misaligned(offset: offset, byteCount: byteCount)
    }
    var landing = byteCount
    switch self.supply {
    case .steady:
      break
    case .failing(let left) where left >= byteCount:
      self.supply = .failing(afterByteCount: left - byteCount)
    case .failing(let left):
      self.supply = .gone
      landing = left
    case .gone:
      landing = 0
    }
    // A NOR cell turns from 1 to 0 only: what is there and what is programmed are joined by AND.
    var joined = try self.read(at: offset, byteCount: landing)
    for index in joined.indices { joined[index] &= bytes[index] }
    do throws(SystemCallError) {
      try writeAll(joined, to: self.file.rawValue, at: Int(offset))
    } catch {
      throw .programFailed(offset: offset, code: error.code)
    }
    guard landing == byteCount else { throw .programFailed(offset: offset, code: EIO) }
  }

  package func erase(sector: UInt32) throws(FlashError) {
    let byteCount = self.geometry.sectorByteCount
    guard sector < self.geometry.sectorCount else {
      throw .outOfRange(offset: .max, byteCount: byteCount)
    }
    if case .gone = self.supply { throw .eraseFailed(sector: sector, code: EIO) }
    do throws(SystemCallError) {
      try writeAll(
        [UInt8](repeating: 0xff, count: Int(byteCount)), to: self.file.rawValue,
        at: Int(sector * byteCount))
    } catch {
      throw .eraseFailed(sector: sector, code: error.code)
    }
  }

  package func sync() throws(FlashError) {
    if case .gone = self.supply { throw .programFailed(offset: 0, code: EIO) }
    guard fdatasync(self.file.rawValue) == 0 else {
      throw .programFailed(offset: 0, code: errno)
    }
  }

  private func checkRange(_ offset: UInt32, _ byteCount: UInt32) throws(FlashError) {
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= self.geometry.byteCount else {
      throw .outOfRange(offset: offset, byteCount: byteCount)
    }
  }
}

extension FileFlash {
  /// Lets power fail once this many more bytes have been programmed; what is written after them
  /// does not land, and fails, until power is back.
  package func failPower(afterByteCount byteCount: UInt32) {
    self.supply = .failing(afterByteCount: byteCount)
  }

  package func restorePower() { self.supply = .steady }
}
