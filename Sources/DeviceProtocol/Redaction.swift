#if !hasFeature(Embedded)
  // What carries secrets prints without them: into a log, an error or a failed assertion.

  extension WiFiCredentials: CustomStringConvertible {
    package var description: String {
      let ssid = String(decoding: self.ssid.description, as: UTF8.self)
      return "WiFiCredentials(ssid: \"\(ssid)\", security: \(self.security), passphrase: redacted)"
    }
  }

  extension PairingPayload.Pairing: CustomStringConvertible {
    package var description: String {
      "Pairing(cloud: \(String(decoding: self.cloud, as: UTF8.self)), token: redacted)"
    }
  }

  extension TokenText: CustomStringConvertible {
    package var description: String { "TokenText(\(self.prefix), redacted)" }
  }

  extension TokenResponse: CustomStringConvertible {
    package var description: String {
      "TokenResponse(expiresInSeconds: \(self.expiresInSeconds), tokens: redacted)"
    }
  }

  extension FormField: CustomStringConvertible {
    package var description: String {
      "FormField(\(String(decoding: self.name, as: UTF8.self)), redacted)"
    }
  }
#endif
