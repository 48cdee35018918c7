/// Somebody on the scale.
package struct Weighing: Equatable, Sendable {
  package let grams: UInt32
  /// At 50 kHz, foot to foot; nil when the person wears shoes.
  package let impedanceOhms: UInt16?
  package let profile: BodyProfile?

  package init(grams: UInt32, impedanceOhms: UInt16?, profile: BodyProfile?) {
    self.grams = grams
    self.impedanceOhms = impedanceOhms
    self.profile = profile
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
