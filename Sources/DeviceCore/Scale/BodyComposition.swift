import DeviceProtocol

/// The composition of a body from weight, height, sex, age and impedance at 50 kHz, in integers.
///
/// - Fat-free mass and total body water: Sun SS et al., Am J Clin Nutr 2003;77:331–340. H is the
///   height in cm, R the resistance in ohms, W the weight in kg; kg and litres.
///   Men: FFM = −10.68 + 0.65 H²/R + 0.26 W + 0.02 R; TBW = 1.20 + 0.45 H²/R + 0.18 W.
///   Women: FFM = −9.53 + 0.69 H²/R + 0.17 W + 0.02 R; TBW = 3.75 + 0.45 H²/R + 0.11 W.
/// - Skeletal muscle: Janssen I et al., J Appl Physiol 2000;89:465–471; sex is 1 for men, else 0.
///   SM = 0.401 H²/R + 3.825 sex − 0.071 age + 5.102.
/// - Bone mineral: 5.6 % of the fat-free mass; Brožek J et al., Ann NY Acad Sci 1963;110:113–140.
///
/// The formulas were fitted to resistance from wrist to ankle; the value is taken for that. A litre
/// of water counts as a kilogram.
enum BodyComposition {
  static let weightGrams: ClosedRange<UInt32> = 20_000...300_000
  static let heightMillimetres: ClosedRange<UInt16> = 1_000...2_300
  static let impedanceOhms: ClosedRange<UInt16> = 150...1_200
  /// Of the people whom all of the formulas were fitted to.
  static let ageYears: ClosedRange<UInt8> = 18...94

  /// Nil when impedance or profile is missing or outside the ranges above. No part is more than the
  /// whole: fat-free mass is between 0 and the weight, water and muscle at most the fat-free mass.
  static func estimate(_ weighing: Weighing) -> Measurement.Composition? {
    guard let impedance = weighing.impedanceOhms, let profile = weighing.profile,
      Self.weightGrams.contains(weighing.grams), Self.impedanceOhms.contains(impedance),
      Self.heightMillimetres.contains(profile.heightMillimetres),
      Self.ageYears.contains(profile.ageYears)
    else { return nil }
    let weight = Int32(weighing.grams)
    let height = Int32(profile.heightMillimetres)
    let resistance = Int32(impedance)
    let isMale = profile.sex == .male

    // Grams; H² is in mm² here, a hundredth of a cm². The greatest product, 690 · H² / 10, is below
    // 2³¹, so that the target's 32-bit division does.
    func perResistance(_ thousandths: Int32) -> Int32 {
      Self.rounded(thousandths * (height * height / 10), by: 10 * resistance)
    }
    let fatFreeMass: Int32
    let water: Int32
    if isMale {
      fatFreeMass =
        -10_680 + perResistance(650) + Self.rounded(26 * weight, by: 100) + 20 * resistance
      water = 1_200 + perResistance(450) + Self.rounded(18 * weight, by: 100)
    } else {
      fatFreeMass =
        -9_530 + perResistance(690) + Self.rounded(17 * weight, by: 100) + 20 * resistance
      water = 3_750 + perResistance(450) + Self.rounded(11 * weight, by: 100)
    }
    let muscle =
      perResistance(401) + (isMale ? 3_825 : 0) - 71 * Int32(profile.ageYears) + 5_102

    let lean = Self.clamp(fatFreeMass, to: weight)
    return Measurement.Composition(
      fatPermille: UInt16(Self.rounded((weight - lean) * 1_000, by: weight)),
      waterPermille: UInt16(Self.rounded(Self.clamp(water, to: lean) * 1_000, by: weight)),
      muscleGrams: UInt32(Self.clamp(muscle, to: lean)),
      boneGrams: UInt32(Self.rounded(lean * 56, by: 1_000)))
  }

  /// The quotient of numbers that are not negative, to the nearest.
  private static func rounded(_ dividend: Int32, by divisor: Int32) -> Int32 {
    (dividend + divisor / 2) / divisor
  }

  private static func clamp(_ grams: Int32, to limit: Int32) -> Int32 { max(0, min(grams, limit)) }
}
