import DeviceCore
import DeviceProtocol
import Testing

/// The same day of a scale, with a fault at each of its moments.
struct FaultTests {
  /// Pairs, measures, rotates its tokens a few times, measures more.
  private static func play(_ lab: inout VirtualLab) {
    lab.handle(.booted)
    lab.show(DeviceBench.payload())
    lab.run(milliseconds: 1_000)
    for grams in 70_001...70_006 as ClosedRange<UInt32> {
      lab.handle(
        .steppedOn(
          Weighing(grams: grams, impedanceOhms: nil, profile: nil),
          at: UnixMilliseconds(UInt64(grams))))
      lab.run(milliseconds: 40_000)
    }
  }

  /// With power and network a device comes back by itself, and all that was in flash is in the
  /// cloud once.
  private static func expectConvergence(
    _ lab: inout VirtualLab, _ fault: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    lab.run(milliseconds: 120_000)
    #expect(lab.lifecycle == .online, "\(fault)", sourceLocation: sourceLocation)
    #expect(lab.pendingMeasurementCount == 0, "\(fault)", sourceLocation: sourceLocation)
    #expect(lab.cloud.conflicts.isEmpty, "\(fault)", sourceLocation: sourceLocation)
    #expect(lab.cloud.grams == lab.storedGrams, "\(fault)", sourceLocation: sourceLocation)
  }

  private static func faultless(_ traits: FirmwareTraits) -> (stores: Int, requests: Int) {
    var lab = VirtualLab(traits: traits)
    Self.play(&lab)
    Self.expectConvergence(&lab, "no fault")
    #expect(lab.logoutReasons.isEmpty)
    #expect(lab.cloud.refreshCount >= 4)
    #expect([UInt32](lab.cloud.grams.values).sorted() == [UInt32](70_001...70_006))
    return (lab.storeCount, lab.requestCount)
  }

  @Test(arguments: [true, false])
  func `a power cut at any store logs nobody out and loses nothing`(hasLanded: Bool) throws {
    let total = Self.faultless(.keepsPreviousToken).stores
    try #require(total > 20)
    for store in 0..<total {
      let fault = VirtualLab.Fault.powerCut(atStore: store, hasLanded: hasLanded)
      var lab = VirtualLab(faults: [fault])
      Self.play(&lab)
      // A cut before the payload is in flash leaves a device that must be shown it again.
      if lab.lifecycle == .factory {
        #expect(store < 2, "\(fault)")
        lab.show(DeviceBench.payload())
      }
      Self.expectConvergence(&lab, "\(fault)")
      #expect(lab.logoutReasons.isEmpty, "\(fault)")
      #expect(lab.cloud.replayCount == 0, "\(fault)")
    }
  }

  @Test func `two power cuts at any two stores log nobody out and lose nothing`() {
    let total = Self.faultless(.keepsPreviousToken).stores
    for first in 2..<total {
      for distance in 1...4 {
        let faults: [VirtualLab.Fault] = [
          .powerCut(atStore: first, hasLanded: distance % 2 == 0),
          .powerCut(atStore: first + distance, hasLanded: first % 2 == 0),
        ]
        var lab = VirtualLab(faults: faults)
        Self.play(&lab)
        if lab.lifecycle == .factory { lab.show(DeviceBench.payload()) }
        Self.expectConvergence(&lab, "\(faults)")
        #expect(lab.logoutReasons.isEmpty, "\(faults)")
      }
    }
  }

  @Test func `a lost answer to any request logs nobody out and loses nothing`() {
    let total = Self.faultless(.keepsPreviousToken).requests
    for request in 0..<total {
      for fault in [
        VirtualLab.Fault.lostAnswer(toRequest: request), .powerCutAfter(request: request),
      ] {
        var lab = VirtualLab(faults: [fault])
        Self.play(&lab)
        Self.expectConvergence(&lab, "\(fault)")
        #expect(lab.logoutReasons.isEmpty, "\(fault)")
        #expect(lab.cloud.replayCount == 0, "\(fault)")
      }
    }
  }

  @Test func `firmware that does not keep its token is logged out by that, and comes back`() {
    let total = Self.faultless([]).requests
    var logoutCount = 0
    for request in 0..<total {
      for fault in [
        VirtualLab.Fault.lostAnswer(toRequest: request), .powerCutAfter(request: request),
      ] {
        var lab = VirtualLab(traits: [], faults: [fault])
        Self.play(&lab)
        Self.expectConvergence(&lab, "\(fault)")
        #expect(lab.logoutReasons.allSatisfy { $0 == "token_lost" }, "\(fault)")
        logoutCount += lab.logoutReasons.count
      }
    }
    #expect(logoutCount >= 8)
  }

  @Test func `a power cut at any store of a forced logout and relink is survived`() {
    func play(_ lab: inout VirtualLab) {
      Self.play(&lab)
      lab.logOutEverybody()
      lab.handle(
        .steppedOn(
          Weighing(grams: 80_000, impedanceOhms: nil, profile: nil), at: UnixMilliseconds(1)))
    }
    var whole = VirtualLab()
    Self.play(&whole)
    let first = whole.storeCount
    whole = VirtualLab()
    play(&whole)
    Self.expectConvergence(&whole, "no fault")
    #expect(whole.logoutReasons.count == 1)
    for store in first..<whole.storeCount {
      for hasLanded in [true, false] {
        let fault = VirtualLab.Fault.powerCut(atStore: store, hasLanded: hasLanded)
        var lab = VirtualLab(faults: [fault])
        play(&lab)
        Self.expectConvergence(&lab, "\(fault)")
      }
    }
  }
}
