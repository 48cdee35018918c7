/// What a scale found out about somebody.
package struct Measurement: Equatable, Sendable {
  /// Never used twice by one device.
  package let sequence: UInt32
  package let at: UnixMilliseconds
  package let weightGrams: UInt32
  package let impedanceOhms: UInt16?
  package let composition: Composition?

  /// Known when the impedance and the person's profile are.
  package struct Composition: Equatable, Sendable {
    package let fatPermille: UInt16
    package let waterPermille: UInt16
    package let muscleGrams: UInt32
    package let boneGrams: UInt32

    package init(fatPermille: UInt16, waterPermille: UInt16, muscleGrams: UInt32, boneGrams: UInt32)
    {
      self.fatPermille = fatPermille
      self.waterPermille = waterPermille
      self.muscleGrams = muscleGrams
      self.boneGrams = boneGrams
    }
  }

  package init(
    sequence: UInt32, at: UnixMilliseconds, weightGrams: UInt32, impedanceOhms: UInt16?,
    composition: Composition?
  ) {
    self.sequence = sequence
    self.at = at
    self.weightGrams = weightGrams
    self.impedanceOhms = impedanceOhms
    self.composition = composition
  }

  init(_ object: JSONValue) throws(MessageError) {
    self.init(
      sequence: try object.number("sequence"), at: UnixMilliseconds(try object.number("at")),
      weightGrams: try object.number("weight_grams"),
      impedanceOhms: try object.optionalNumber("impedance_ohms"),
      composition: try Composition(object))
  }

  var json: JSONValue {
    let weightGrams = isPlanted(.weightIn16Bits) ? self.weightGrams & 0xffff : self.weightGrams
    var members = [
      JSONMember("sequence", .integer(Int64(self.sequence))),
      JSONMember("at", .integer(Int64(clamping: self.at.value))),
      JSONMember("weight_grams", .integer(Int64(weightGrams))),
    ]
    if let impedance = self.impedanceOhms {
      members.append(JSONMember("impedance_ohms", .integer(Int64(impedance))))
    }
    if let composition = self.composition { members += composition.members }
    return .object(members)
  }

  /// The body that delivers measurements.
  package static func body(of measurements: [Measurement]) -> [UInt8] {
    JSONValue.object([JSONMember("measurements", .array(measurements.map { $0.json }))]).bytes
  }

  package static func parse(body: [UInt8]) throws(MessageError) -> [Measurement] {
    var measurements: [Measurement] = []
    for element in try JSONValue(messageBody: body).elements("measurements") {
      measurements.append(try Measurement(element))
    }
    return measurements
  }
}

extension Measurement.Composition {
  /// Nil when no member of it is there; a part of them is refused.
  fileprivate init?(_ object: JSONValue) throws(MessageError) {
    let fat: UInt16? = try object.optionalNumber("fat_permille")
    let water: UInt16? = try object.optionalNumber("water_permille")
    let muscle: UInt32? = try object.optionalNumber("muscle_grams")
    let bone: UInt32? = try object.optionalNumber("bone_grams")
    if fat == nil, water == nil, muscle == nil, bone == nil { return nil }
    guard let fat else { throw .badMember(.init("fat_permille")) }
    guard let water else { throw .badMember(.init("water_permille")) }
    guard let muscle else { throw .badMember(.init("muscle_grams")) }
    guard let bone else { throw .badMember(.init("bone_grams")) }
    self.init(fatPermille: fat, waterPermille: water, muscleGrams: muscle, boneGrams: bone)
  }

  fileprivate var members: [JSONMember] {
    [
      JSONMember("fat_permille", .integer(Int64(self.fatPermille))),
      JSONMember("water_permille", .integer(Int64(self.waterPermille))),
      JSONMember("muscle_grams", .integer(Int64(self.muscleGrams))),
      JSONMember("bone_grams", .integer(Int64(self.boneGrams))),
    ]
  }
}
