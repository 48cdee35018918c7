import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// What every store does with devices and what they record.
@Suite(.timeLimit(.minutes(5)))
struct RecordingStoreTests {
  @Test(arguments: StoreKind.allCases)
  func `a device keeps every field, also when they are nil`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var device = Sample.device(1, owner: 1)
      try await store.write { [device] transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(device)
      }
      #expect(try await store.read { try $0.device(Sample.deviceID(1)) } == device)
      device.owner = nil
      device.boundAt = nil
      device.ssid = nil
      device.signalDBm = nil
      device.uptimeMilliseconds = nil
      device.lastSeen = nil
      device.binding = 2
      device.relinkPolicy = .pair
      try await store.write { [device] in try $0.save(device) }
      #expect(try await store.read { try $0.device(Sample.deviceID(1)) } == device)
      #expect(try await store.read { try $0.devices(of: Sample.accountID(1)) }.isEmpty)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `devices are listed by id, at most as many as asked for`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        for number in [3, 1, 2] { try transaction.save(Sample.device(number, owner: 1)) }
      }
      #expect(
        try await store.read { try $0.devices(limit: 2).map(\.id) }
          == [Sample.deviceID(1), Sample.deviceID(2)])
      #expect(
        try await store.read { try $0.devices(of: Sample.accountID(1)).map(\.id) }
          == [1, 2, 3].map { Sample.deviceID($0) })
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a sequence is kept once for each device and binding`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        for number in 1...2 { try transaction.save(Sample.device(number, owner: 1)) }
      }
      let inserted = try await store.write { transaction in
        [
          try transaction.insert(Sample.motion(2, device: 1)),
          try transaction.insert(Sample.motion(1, device: 1)),
          try transaction.insert(Sample.motion(2, device: 1)),
          try transaction.insert(Sample.motion(2, device: 2)),
          try transaction.insert(Sample.motion(2, device: 1, binding: 2)),
          try transaction.insert(Sample.measurement(.max, device: 1)),
          try transaction.insert(Sample.measurement(.max, device: 1)),
        ]
      }
      #expect(inserted == [true, true, false, true, true, true, false])
      #expect(
        try await store.read { try $0.motions(of: Sample.deviceID(1), limit: 9) }
          == [Sample.motion(1, device: 1), Sample.motion(2, device: 1)])
      #expect(
        try await store.read { try $0.measurements(of: Sample.deviceID(1), limit: 9) }
          == [Sample.measurement(.max, device: 1)])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `only the present binding's recordings are listed, and all are removed`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      var device = Sample.device(1, owner: 1)
      device.binding = 2
      try await store.write { [device] transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(device)
        _ = try transaction.insert(Sample.motion(1, device: 1, binding: 1))
        _ = try transaction.insert(Sample.motion(1, device: 1, binding: 2))
        _ = try transaction.insert(Sample.measurement(1, device: 1, binding: 1))
      }
      #expect(
        try await store.read { try $0.motions(of: Sample.deviceID(1), limit: 9) }
          == [Sample.motion(1, device: 1, binding: 2)])
      #expect(
        try await store.read { try $0.measurements(of: Sample.deviceID(1), limit: 9) }.isEmpty)

      let isNew = try await store.write { transaction in
        try transaction.removeRecordings(of: Sample.deviceID(1))
        return try transaction.insert(Sample.motion(1, device: 1, binding: 1))
      }
      #expect(isNew)
      #expect(try await store.read { try $0.motions(of: Sample.deviceID(1), limit: 9) }.isEmpty)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a page has the newest recordings, oldest first`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.device(1, owner: 1))
        for sequence in [3, 1, 4, 2] as [UInt32] {
          _ = try transaction.insert(Sample.motion(sequence, device: 1))
          _ = try transaction.insert(Sample.measurement(sequence, device: 1))
        }
      }
      for (limit, sequences) in [(2, [3, 4]), (4, [1, 2, 3, 4]), (5, [1, 2, 3, 4])]
        as [(Int, [UInt32])]
      {
        let (motions, measurements) = try await store.read { reader in
          (
            try reader.motions(of: Sample.deviceID(1), limit: limit),
            try reader.measurements(of: Sample.deviceID(1), limit: limit)
          )
        }
        #expect(motions.map(\.sequence) == sequences)
        #expect(measurements.map(\.sequence) == sequences)
      }
    }
  }
}
