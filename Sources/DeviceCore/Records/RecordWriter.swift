import DeviceProtocol

/// Keeps account of the records on their way to flash.
struct RecordWriter {
  /// Of the records that are in flash, or may be.
  private(set) var presentKeys: [RecordKey]
  /// Under way, in the order of the outputs.
  private var pending: [StoredRecord] = []
  /// To be written once more.
  private var failed: [StoredRecord] = []
  private var backoff = Backoff()
  /// When to write once more what failed; nil when nothing did.
  private(set) var retryAt: Instant?

  init(presentKeys: [RecordKey]) { self.presentKeys = presentKeys }

  var isIdle: Bool { self.pending.isEmpty && self.failed.isEmpty }

  /// Whether the newest record of this key is in flash.
  func isDurable(_ key: RecordKey) -> Bool {
    !self.pending.contains { $0.key == key } && !self.failed.contains { $0.key == key }
  }

  /// A `.store` output was made.
  mutating func began(_ record: StoredRecord) {
    self.pending.append(record)
    self.failed.removeAll { $0.key == record.key }
    if self.failed.isEmpty { self.retryAt = nil }
    if !record.value.isEmpty, !self.presentKeys.contains(record.key) {
      self.presentKeys.append(record.key)
    }
  }

  /// The oldest write of this key has ended.
  ///
  /// - Returns: The record if it was the newest of its key too; nil if a newer one is under way, so
  ///   that this one's end means nothing, or if there was none.
  mutating func ended(_ key: RecordKey) -> StoredRecord? {
    guard let index = self.pending.firstIndex(where: { $0.key == key }) else { return nil }
    let record = self.pending.remove(at: index)
    // Nothing is kept for next time: an idle device takes no memory for it.
    if self.pending.isEmpty { self.pending = [] }
    return self.pending.contains { $0.key == key } ? nil : record
  }

  /// Has a record that could not be written tried again later.
  mutating func retry(
    _ record: StoredRecord, now: Instant, timing: DeviceTiming, random: inout RandomGenerator
  ) {
    self.failed.append(record)
    guard self.retryAt == nil else { return }
    let wait = self.backoff.next(timing: timing, retryAfterSeconds: nil, random: &random)
    self.retryAt = now.advanced(byMilliseconds: wait)
  }

  /// The newest write of its key is durable.
  mutating func succeeded(_ record: StoredRecord) {
    self.backoff.reset()
    if record.value.isEmpty { self.presentKeys.removeAll { $0 == record.key } }
  }

  /// What to write once more by now.
  mutating func dueRetries(now: Instant) -> [StoredRecord] {
    guard let retryAt = self.retryAt, retryAt <= now else { return [] }
    self.retryAt = nil
    let due = self.failed
    self.failed = []
    return due
  }
}
