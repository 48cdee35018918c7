import DeviceCore
import Testing

@testable import Simulation

@Suite struct KnownRecordsTests {
  private static let old: [UInt8] = [1, 2]
  private static let new: [UInt8] = [3, 4, 5]

  private func known(_ writes: (inout KnownRecords) -> Void) -> KnownRecords {
    var known = KnownRecords()
    known.stored(.wifi, Self.old)
    writes(&known)
    return known
  }

  private func found(_ wifi: [UInt8]?, _ writes: (inout KnownRecords) -> Void) -> String? {
    var known = self.known(writes)
    return known.found(wifi.map { [StoredRecord(key: .wifi, value: $0)] } ?? [])
  }

  @Test func `what was acknowledged must be there, byte for byte`() {
    #expect(self.found(Self.old) { _ in } == nil)
    #expect(self.found(nil) { _ in } == "record 10, which was acknowledged, is gone")
    #expect(
      self.found([1, 3]) { _ in } == "record 10 holds something else than was acknowledged")
    #expect(self.found(Self.old) { $0.stored(.wifi, Self.new) } != nil)
    #expect(self.found(Self.new) { $0.stored(.wifi, Self.new) } == nil)
  }

  @Test func `what was removed must be gone`() {
    #expect(
      self.found(Self.old) { $0.stored(.wifi, []) }
        == "record 10, which was removed, is there again")
    #expect(self.found(nil) { $0.stored(.wifi, []) } == nil)
  }

  @Test func `a write under way is old or new, and nothing else`() {
    let write: (inout KnownRecords) -> Void = { $0.interrupted(.wifi, Self.new) }
    #expect(self.found(Self.old, write) == nil)
    #expect(self.found(Self.new, write) == nil)
    #expect(self.found([3, 4], write) != nil)
    #expect(self.found(nil, write) != nil)
  }

  @Test func `a removal under way is old or gone`() {
    let removal: (inout KnownRecords) -> Void = { $0.interrupted(.wifi, []) }
    #expect(self.found(Self.old, removal) == nil)
    #expect(self.found(nil, removal) == nil)
    #expect(self.found(Self.new, removal) != nil)
  }

  @Test func `what was found counts from then on`() {
    var known = self.known { $0.interrupted(.wifi, Self.new) }
    #expect(known.found([StoredRecord(key: .wifi, value: Self.new)]) == nil)
    #expect(known.found([StoredRecord(key: .wifi, value: Self.old)]) != nil)
  }
}
