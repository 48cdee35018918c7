import DeviceCore
import DeviceProtocol
import Testing

@testable import DeviceHost

@Suite struct DeviceFlashTests {
  private let folder = TemporaryFolder()
  private let manifest: FirmwareManifest

  init() throws {
    self.manifest = try FirmwareManifest(parsing: testManifest, source: "the test")
  }

  private func open(
    _ name: String = "state/camera.flash", kind: DeviceKind = .camera, model: String? = nil,
    certificate: Factory.CertificateSource? = nil
  ) throws -> DeviceFlash {
    try DeviceFlash(
      at: self.folder.path(name), kind: kind, model: model.map { [UInt8]($0.utf8) },
      manifest: self.manifest,
      factory: Factory(
        certificateSource: certificate ?? .developmentCA(folder: self.folder.path("ca"))))
  }

  @Test func `a device is made once and is the same ever after`() throws {
    let made = try self.open().identity
    #expect(made.kind == .camera)
    #expect(made.model == [UInt8]("cam".utf8))
    let id = String(decoding: made.deviceID, as: UTF8.self)
    #expect(id.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
    let serial = String(decoding: made.serial, as: UTF8.self)
    #expect(serial.wholeMatch(of: /RLC-[0-9A-HJKMNP-TV-Z]{8}/) != nil)
    let address = String(decoding: made.macAddress, as: UTF8.self)
    #expect(address.wholeMatch(of: /02:52:4c(:[0-9a-f]{2}){3}/) != nil)
    let certificate = try Certificate(pem: made.certificate.certificate, source: "it")
    #expect(certificate.commonName == made.deviceID)
    #expect(certificate.subjectSerialNumber == made.serial)
    #expect(certificate.isOf(try PrivateKey(pem: made.certificate.key, source: "it")))
    #expect(try self.open().identity == made)
    #expect(try self.open("state/other.flash").identity.deviceID != made.deviceID)
  }

  @Test func `a flash of another kind or model is refused with its path`() throws {
    _ = try self.open()
    let path = self.folder.path("state/camera.flash")
    #expect(throws: HostError("run the flash file", on: path, because: "it is of a camera")) {
      try self.open(kind: .scale)
    }
    #expect(
      throws: HostError("run the flash file", on: path, because: "it is of the model cam")
    ) { try self.open(model: "cam-9") }
  }

  @Test func `a model that is unknown or of another kind is not made`() throws {
    #expect(throws: HostError.self) { try self.open(model: "none") }
    #expect(throws: HostError.self) { try self.open(model: "weigh") }
    // The flash is blank still, and a device can be made in it.
    #expect(try self.open(model: "cam").identity.kind == .camera)
  }

  @Test func `a given certificate names the device, and no other is taken for it later`() throws {
    let authorities = try DevelopmentCA(folder: self.folder.path("ca"))
    let id = Laboratory.deviceID
    let given = try authorities.issueDeviceCertificate(deviceID: id, serial: "MINE-1")
    let made = try self.open(certificate: .given(given, source: "mine.pem")).identity
    #expect(made.deviceID == [UInt8](id.utf8))
    #expect(made.serial == [UInt8]("MINE-1".utf8))
    let other = try authorities.issueDeviceCertificate(deviceID: id, serial: "MINE-1")
    #expect(throws: HostError.self) {
      try self.open(certificate: .given(other, source: "other.pem"))
    }
    #expect(try self.open(certificate: .given(given, source: "mine.pem")).identity == made)
  }

  @Test(arguments: [
    ("not a uuid", "its common name is not one UUID in lower case"),
    (
      "0F0E0D0C-0B0A-4908-8706-050403020100", "its common name is not one UUID in lower case"
    ),
  ])
  func `a certificate that names no device is refused`(name: String, reason: String) throws {
    let given = try DevelopmentCA(folder: self.folder.path("ca"))
      .issueDeviceCertificate(deviceID: name, serial: "X")
    #expect(throws: HostError("use the certificate", on: "mine.pem", because: reason)) {
      try self.open(certificate: .given(given, source: "mine.pem"))
    }
  }

  @Test func `a certificate with the key of another is refused`() throws {
    let authorities = try DevelopmentCA(folder: self.folder.path("ca"))
    let one = try authorities.issueDeviceCertificate(deviceID: Laboratory.deviceID, serial: "1")
    let two = try authorities.issueDeviceCertificate(deviceID: Laboratory.deviceID, serial: "2")
    let mixed = IssuedCertificate(certificate: one.certificate, key: two.key)
    #expect(
      throws: HostError(
        "use the certificate", on: "mine.pem", because: "the key belongs to another one")
    ) { try self.open(certificate: .given(mixed, source: "mine.pem")) }
  }

  @Test func `a flash that lost its record of manufacture is not made anew`() throws {
    let path = self.folder.path("flash")
    do {
      var storage = try DeviceStorage(mounting: FileFlash(creating: path))
      #expect(storage.store(.credentials, [1]) == .stored)
    }
    #expect(
      throws: HostError(
        "read the flash file", on: path, because: "its record of manufacture is gone")
    ) { try self.open("flash") }
  }

  @Test(arguments: ["", "[]", "{}", #"{"kind":"toaster"}"#, #"{"kind":"camera","model":7}"#])
  func `a record of manufacture that is not one is refused`(record: String) {
    #expect(throws: HostError.self) {
      try Identity(parsing: [UInt8](record.utf8), flashPath: "/flash")
    }
  }
}

@Suite struct FirmwareManifestTests {
  private func parse(_ text: String) throws -> FirmwareManifest {
    try FirmwareManifest(parsing: [UInt8](text.utf8), source: "m.json")
  }

  private func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

  @Test func `the newest version is the default, and traits are read`() throws {
    let manifest = try FirmwareManifest(parsing: testManifest, source: "m.json")
    let model = try manifest.firstModel(of: .camera)
    #expect(
      try manifest.firmware(of: model, version: nil)
        == FirmwareDescription(version: self.bytes("2.0.0"), traits: .keepsPreviousToken))
    #expect(
      try manifest.firmware(of: model, version: self.bytes("1.0.0"))
        == FirmwareDescription(version: self.bytes("1.0.0"), traits: []))
  }

  @Test func `a manifest may use each trait that a device knows`() throws {
    let names = FirmwareTraitName.allCases.map { "\"\($0.text)\"" }.joined(separator: ",")
    let manifest = try self.parse(
      #"{"models":[{"model":"m","kind":"scale","firmware":[{"version":"1","traits":["#
        + names + "]}]}]}")
    let all = try manifest.firmware(of: self.bytes("m"), version: nil).traits
    #expect(all == FirmwareTraits(rawValue: 0b111_1111))
    #expect(Set(FirmwareTraitName.allCases.map(\.trait.rawValue)).count == 7)
  }

  @Test func `the firmware that is made can be read, and its defaults are the sound ones`() throws {
    let path =
      "\(#filePath)".replacing("Tests/DeviceHostTests/DeviceFlashTests.swift", with: "")
      + "firmware-images/manifest.json"
    let manifest = try FirmwareManifest(parsing: readFile(path, purpose: "it"), source: path)
    for kind in DeviceKind.allCases {
      let newest = try manifest.firmware(of: manifest.firstModel(of: kind), version: nil)
      #expect(newest.traits == .keepsPreviousToken)
    }
  }

  @Test func `an unknown model or version is refused with those that are known`() throws {
    let manifest = try FirmwareManifest(parsing: testManifest, source: "m.json")
    #expect(
      throws: HostError("find the model", on: "\"x\"", because: "m.json holds cam, weigh")
    ) { try manifest.firmware(of: self.bytes("x"), version: nil) }
    #expect(
      throws: HostError(
        "find firmware \"9\" for the model", on: "\"cam\"", because: "m.json holds 1.0.0, 2.0.0")
    ) { try manifest.firmware(of: self.bytes("cam"), version: self.bytes("9")) }
  }

  @Test(arguments: [
    ("", "the JSON ends too early"),
    ("[]", "the manifest is not an object"),
    ("{}", "the manifest has no \"models\""),
    (#"{"models":[],"x":1}"#, "the manifest has the unknown member \"x\""),
    (#"{"models":[{"kind":"camera"}]}"#, "a model has no \"model\""),
    (#"{"models":[{"model":"m","kind":"x"}]}"#, "\"kind\" of the model \"m\" is unknown"),
    (
      #"{"models":[{"model":"m","kind":"scale","firmware":[{"version":"1","traits":["x"]}]}]}"#,
      "firmware \"1\" of \"m\" has the unknown trait \"x\""
    ),
    (
      #"{"models":[{"model":"m","kind":"scale","firmware":[]},"#
        + #"{"model":"m","kind":"scale","firmware":[]}]}"#, "the model \"m\" is there twice"
    ),
  ])
  func `a malformed manifest is refused with the reason`(text: String, reason: String) {
    #expect(throws: HostError("read the firmware manifest", on: "m.json", because: reason)) {
      try self.parse(text)
    }
  }
}
