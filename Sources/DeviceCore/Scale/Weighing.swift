/// Somebody on the scale.
package struct Weighing: Equatable, Sendable {
  /// Nobody is on it below this, and above its capacity it shows an error (OIML R 76-1, 4.2.3).
  package static let gramsRange: ClosedRange<UInt32> = 1...300_000
  /// What it can measure; the cloud takes no other value either.
  package static let impedanceOhmsRange: ClosedRange<UInt16> = 1...5_000

  package let grams: UInt32
  /// At 50 kHz, foot to foot; nil when the person wears shoes.
  package let impedanceOhms: UInt16?
  package let profile: BodyProfile?

  package init(grams: UInt32, impedanceOhms: UInt16?, profile: BodyProfile?) {
    self.grams = grams
    self.impedanceOhms = impedanceOhms
    self.profile = profile
  }

  /// The same without an impedance that the scale cannot measure; nil for a weight that it cannot.
  var measurable: Weighing? {
    guard Self.gramsRange.contains(self.grams) else { return nil }
    return Weighing(
      grams: self.grams,
      impedanceOhms: self.impedanceOhms.flatMap {
        Self.impedanceOhmsRange.contains($0) ? $0 : nil
      },
      profile: self.profile)
  }
}

package struct BodyProfile: Equatable, Sendable {
  package enum Sex: UInt8, Equatable, Sendable {
    case female = 0
    case male = 1
  }
  package let heightMillimetres: UInt16
  package let sex: Sex
  package let ageYears: UInt8

  package init(heightMillimetres: UInt16, sex: Sex, ageYears: UInt8) {
    self.heightMillimetres = heightMillimetres
    self.sex = sex
    self.ageYears = ageYears
  }
}
