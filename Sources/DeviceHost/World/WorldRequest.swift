package import DeviceCore
import DeviceProtocol

/// One line to the world socket; `docs/protocol.md`, "The world socket".
package enum WorldRequest: Equatable {
  case status
  case power
  case cutPower
  case cutPowerDuringStore(afterByteCount: UInt32)
  case button(heldMilliseconds: UInt32)
  case lens(text: [UInt8])
  case handover(text: [UInt8])
  case motion
  case stepOn(Weighing)
  case air([AccessPoint])

  /// - Parameter line: Without its end.
  /// - Throws: `WorldError` in words that repeat no text or passphrase of the line.
  package init(parsing line: [UInt8]) throws(WorldError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw WorldError(describe(error))
    }
    do {
      self = try Self.parse(try JSONReader(value, name: "the line"))
    } catch {
      throw WorldError(error.words)
    }
  }

  private static func parse(_ line: JSONReader) throws(JSONShapeError) -> WorldRequest {
    let event = String(decoding: try line.requiredString("event"), as: UTF8.self)
    let known: [String]
    let request: WorldRequest
    switch event {
    case "status": (known, request) = ([], .status)
    case "power": (known, request) = ([], .power)
    case "cutPower": (known, request) = (["during", "afterByteCount"], try self.cutPower(line))
    case "button":
      known = ["heldMilliseconds"]
      request = .button(heldMilliseconds: try line.requiredInteger("heldMilliseconds", UInt32.self))
    case "lens": (known, request) = (["text"], .lens(text: try line.requiredString("text")))
    case "handover":
      (known, request) = (["text"], .handover(text: try line.requiredString("text")))
    case "motion": (known, request) = ([], .motion)
    case "stepOn":
      known = ["grams", "impedanceOhms", "profile"]
      request = .stepOn(try Weighing(reading: line))
    case "air":
      known = ["networks"]
      var networks: [AccessPoint] = []
      for network in try line.requiredArray("networks") {
        networks.append(try AccessPoint(reading: JSONReader(network, name: "a network")))
      }
      request = .air(networks)
    default:
      throw JSONShapeError(words: "there is no such event")
    }
    try line.refuseOthers(than: ["event"] + known)
    return request
  }

  private static func cutPower(_ line: JSONReader) throws(JSONShapeError) -> WorldRequest {
    guard let during = try line.string("during") else {
      guard line.value("afterByteCount") == nil else {
        throw JSONShapeError(words: "\"afterByteCount\" needs \"during\"")
      }
      return .cutPower
    }
    guard during.isText("store") else {
      throw JSONShapeError(words: "\"during\" of the line is not \"store\"")
    }
    return .cutPowerDuringStore(
      afterByteCount: try line.requiredInteger("afterByteCount", UInt32.self))
  }
}

/// Why a line was not carried out, in words for who sent it.
package struct WorldError: Error, Equatable {
  package let words: String

  init(_ words: String) { self.words = words }
}

extension Weighing {
  fileprivate init(reading line: JSONReader) throws(JSONShapeError) {
    var profile: BodyProfile?
    if let value = line.value("profile") {
      profile = try BodyProfile(reading: JSONReader(value, name: "the profile"))
    }
    self.init(
      grams: try line.requiredInteger("grams", UInt32.self, in: Self.gramsRange),
      impedanceOhms: try line.integer("impedanceOhms", UInt16.self, in: Self.impedanceOhmsRange),
      profile: profile)
  }
}

extension BodyProfile {
  fileprivate init(reading object: JSONReader) throws(JSONShapeError) {
    try object.refuseOthers(than: ["heightMillimetres", "sex", "ageYears"])
    let word = try object.requiredString("sex")
    guard let sex: Sex = word.isText("female") ? .female : word.isText("male") ? .male : nil else {
      throw JSONShapeError(words: "\"sex\" of the profile is neither \"female\" nor \"male\"")
    }
    self.init(
      heightMillimetres: try object.requiredInteger("heightMillimetres", UInt16.self), sex: sex,
      ageYears: try object.requiredInteger("ageYears", UInt8.self))
  }
}
