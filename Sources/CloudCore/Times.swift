import DeviceProtocol

/// Wall-clock arithmetic that a clock which jumps, or a hostile value, cannot make trap.
extension UnixMilliseconds {
  func adding(seconds: UInt32) -> UnixMilliseconds {
    let (sum, overflow) = self.value.addingReportingOverflow(UInt64(seconds) * 1_000)
    return UnixMilliseconds(overflow ? .max : sum)
  }

  func adding(milliseconds: UInt64) -> UnixMilliseconds {
    let (sum, overflow) = self.value.addingReportingOverflow(milliseconds)
    return UnixMilliseconds(overflow ? .max : sum)
  }

  /// Zero when the clock has jumped back behind the earlier time.
  func milliseconds(since earlier: UnixMilliseconds) -> UInt64 {
    self.value < earlier.value ? 0 : self.value - earlier.value
  }
}
