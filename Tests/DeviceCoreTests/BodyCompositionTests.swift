import DeviceProtocol
import Testing

@testable import DeviceCore

struct BodyCompositionTests {
  struct Case: Sendable {
    let grams: UInt32
    let height: UInt16
    let impedance: UInt16
    let age: UInt8
    let sex: BodyProfile.Sex
    let fatPermille: Double
    let waterPermille: Double
    let muscleGrams: Double
    let boneGrams: Double
  }

  /// Computed in floating point, from the formulas as they are printed in the papers.
  @Test(arguments: [
    Case(
      grams: 80_000, height: 1_800, impedance: 500, age: 35, sex: .male, fatPermille: 222.0,
      waterPermille: 559.5, muscleGrams: 32426.8, boneGrams: 3485.44),
    Case(
      grams: 62_000, height: 1_650, impedance: 600, age: 42, sex: .female, fatPermille: 285.18,
      waterPermille: 499.82, muscleGrams: 20315.38, boneGrams: 2481.85),
    Case(
      grams: 110_000, height: 1_750, impedance: 420, age: 60, sex: .male, fatPermille: 329.86,
      waterPermille: 489.2, muscleGrams: 33906.58, boneGrams: 4128.09),
    Case(
      grams: 48_000, height: 1_580, impedance: 700, age: 25, sex: .female, fatPermille: 224.22,
      waterPermille: 522.46, muscleGrams: 17627.81, boneGrams: 2085.29),
    Case(
      grams: 95_500, height: 1_923, impedance: 512, age: 71, sex: .male, fatPermille: 253.02,
      waterPermille: 532.89, muscleGrams: 32848.3, boneGrams: 3994.84),
  ])
  func `the published formulas give these values`(expected: Case) throws {
    let composition = try #require(
      BodyComposition.estimate(
        Weighing(
          grams: expected.grams, impedanceOhms: expected.impedance,
          profile: BodyProfile(
            heightMillimetres: expected.height, sex: expected.sex, ageYears: expected.age))))
    #expect(abs(Double(composition.fatPermille) - expected.fatPermille) <= 0.6)
    #expect(abs(Double(composition.waterPermille) - expected.waterPermille) <= 0.6)
    #expect(abs(Double(composition.muscleGrams) - expected.muscleGrams) <= 2)
    #expect(abs(Double(composition.boneGrams) - expected.boneGrams) <= 1)
  }

  private static let profile = BodyProfile(heightMillimetres: 1_800, sex: .male, ageYears: 35)

  @Test(arguments: [
    Weighing(grams: 80_000, impedanceOhms: nil, profile: Self.profile),
    Weighing(grams: 80_000, impedanceOhms: 500, profile: nil),
    Weighing(grams: 19_999, impedanceOhms: 500, profile: Self.profile),
    Weighing(grams: .max, impedanceOhms: 500, profile: Self.profile),
    Weighing(grams: 80_000, impedanceOhms: 0, profile: Self.profile),
    Weighing(grams: 80_000, impedanceOhms: .max, profile: Self.profile),
    Weighing(
      grams: 80_000, impedanceOhms: 500,
      profile: BodyProfile(heightMillimetres: 0, sex: .male, ageYears: 35)),
    Weighing(
      grams: 80_000, impedanceOhms: 500,
      profile: BodyProfile(heightMillimetres: .max, sex: .male, ageYears: 35)),
    Weighing(
      grams: 80_000, impedanceOhms: 500,
      profile: BodyProfile(heightMillimetres: 1_800, sex: .male, ageYears: 17)),
    Weighing(
      grams: 80_000, impedanceOhms: 500,
      profile: BodyProfile(heightMillimetres: 1_800, sex: .male, ageYears: .max)),
  ])
  func `nothing is estimated beyond what the formulas are for`(weighing: Weighing) {
    #expect(BodyComposition.estimate(weighing) == nil)
  }

  /// 32-bit arithmetic must do; the host's test would trap on Int32 too.
  @Test(arguments: [20_000, 80_000, 300_000] as [UInt32], [150, 500, 1_200] as [UInt16])
  func `no corner of the ranges overflows, and parts stay below the whole`(
    grams: UInt32, impedance: UInt16
  ) throws {
    for height in [1_000, 2_300] as [UInt16] {
      for age in [18, 94] as [UInt8] {
        for sex in [BodyProfile.Sex.female, .male] {
          let composition = try #require(
            BodyComposition.estimate(
              Weighing(
                grams: grams, impedanceOhms: impedance,
                profile: BodyProfile(heightMillimetres: height, sex: sex, ageYears: age))))
          #expect(composition.fatPermille <= 1_000)
          #expect(composition.waterPermille <= 1_001 - composition.fatPermille)
          #expect(composition.muscleGrams <= grams)
          #expect(composition.boneGrams * 1_000 <= grams * 56 + 1_000)
        }
      }
    }
  }
}
