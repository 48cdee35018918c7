import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite struct ClockStoreTests {
  @Test(
    arguments: StoreKind.allCases,
    [ClockSetting.Course.frozen, .running(aheadMilliseconds: -5), .running(aheadMilliseconds: 7)])
  func `a clock's setting is kept and replaced, and undone with its transaction`(
    kind: StoreKind, course: ClockSetting.Course
  ) async throws {
    try await kind.withStore { store in
      #expect(try await store.read { try $0.clockSetting() } == nil)
      let first = ClockSetting(revision: 1, setTo: .init(3), course: .frozen)
      let second = ClockSetting(revision: 2, setTo: ClockSetting.latest, course: course)
      try await store.write { try $0.save(first) }
      try await store.write { try $0.save(second) }
      #expect(try await store.read { try $0.clockSetting() } == second)
      struct Refused: Error {}
      await #expect(throws: Refused.self) {
        try await store.write {
          try $0.save(first)
          throw Refused()
        }
      }
      #expect(try await store.read { try $0.clockSetting() } == second)
    }
  }
}
