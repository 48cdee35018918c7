import ArgumentParser
import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import Foundation
import Scenarios

struct PayloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "payload",
    abstract: "Make the QR payload that pairs a device, as an owner's app does.",
    discussion: """
      Logs in to the cloud as the owner, asks for a pairing token (ten minutes, one device) and
      prints the payload: one line of text. With --token no cloud is asked, so that one of our
      devices can be paired with a cloud of yours.

      The owner's password is read from $RELINK_PASSWORD or the first line of --password-file. If the
      account has a second factor, the code is read from $RELINK_CODE or standard input.

      EXAMPLES
        export RELINK_PASSWORD='analytical-engine-1843'
        relink payload --email ada@example.org --register --ssid Home --passphrase 'secret12'
        relink payload --cloud https://cloud.example:8443 --token YOUR-TOKEN --ssid Home
      """)

  @OptionGroup var cloud: PublicCloudOptions

  @Option(help: "The owner's e-mail address.") var email: String?

  @Flag(help: "Register the owner's account first.") var register = false

  @OptionGroup var owner: OwnerPassword

  @Option(help: "A pairing token of another cloud, instead of asking ours.") var token: String?

  @Option(help: "The Wi-Fi network's name.") var ssid: String

  @Option(help: "Its passphrase; none for an open network.") var passphrase: String?

  enum Security: String, ExpressibleByArgument, CaseIterable { case open, wpa2, sae }
  @Option(help: "Its security (default: wpa2 with a passphrase, else open).")
  var security: Security?

  @Option(help: "The device's nickname.") var nickname: String?

  @Option(help: "How the device comes back after a forced logout.")
  var relink: RelinkPolicy = .owner

  func validate() throws {
    guard (self.token == nil) != (self.email == nil) else {
      throw ValidationError("Give either --email (to ask the cloud) or --token.")
    }
  }

  func run() async throws {
    guard let ssid = SSID(Array(self.ssid.utf8)) else {
      throw ValidationError("--ssid must be 1 to 32 bytes.")
    }
    let security: WiFiSecurity
    switch self.security ?? (self.passphrase == nil ? .open : .wpa2) {
    case .open: security = .open
    case .wpa2: security = .wpa2
    case .sae: security = .sae
    }
    let payload = PairingPayload(
      wifi: WiFiCredentials(
        ssid: ssid, security: security, passphrase: Array((self.passphrase ?? "").utf8),
        isHidden: false),
      pairing: try await self.pairing())
    // What a device would refuse is better refused here.
    do {
      _ = try PairingPayload(parsing: payload.text)
    } catch {
      throw ValidationError(
        "A device would refuse this payload: \(String(decoding: error.description, as: UTF8.self))."
      )
    }
    print(String(decoding: payload.text, as: UTF8.self))
  }

  private func pairing() async throws -> PairingPayload.Pairing {
    guard let email else {
      return PairingPayload.Pairing(
        cloud: Array(self.cloud.origin.utf8), token: Array((self.token ?? "").utf8))
    }
    return try await self.owner.withApp(email: email, cloud: self.cloud) { app in
      if self.register { try await app.register() }
      try await app.logIn(secondFactor: SecondFactorCode.forLogin)
      let token = try await app.pairingToken(
        nickname: self.nickname ?? "device", relinkPolicy: self.relink)
      return PairingPayload.Pairing(
        cloud: Array(token.cloud.utf8), token: Array(token.pairingToken.utf8))
    }
  }
}

extension RelinkPolicy: ExpressibleByArgument {}
