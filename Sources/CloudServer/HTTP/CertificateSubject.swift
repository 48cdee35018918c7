import SwiftASN1

/// Who a certificate is about: the attributes `CN` and `serialNumber` of its subject (RFC 5280
/// §4.1.2.6), nil when absent.
///
/// Reads no more than that. That the certificate is genuine and in force is for TLS to say.
struct CertificateSubject: Equatable {
  private(set) var commonName: String?
  private(set) var serialNumber: String?

  private static let commonNameIdentifier: ASN1ObjectIdentifier = [2, 5, 4, 3]
  private static let serialNumberIdentifier: ASN1ObjectIdentifier = [2, 5, 4, 5]

  /// Nil when the bytes are no certificate, or the subject has one of the attributes twice.
  init?(derEncodedCertificate bytes: [UInt8]) {
    guard let certificate = try? DER.parse(bytes) else { return nil }
    do {
      try DER.sequence(certificate, identifier: .sequence) { nodes in
        guard let body = nodes.next() else { throw CertificateShapeError() }
        try self.readSubject(of: body)
        // The signature's algorithm and the signature.
        while nodes.next() != nil {}
      }
    } catch {
      return nil
    }
  }

  /// `tbsCertificate`: version?, serialNumber, signature, issuer, validity, subject, …
  private mutating func readSubject(of body: ASN1Node) throws {
    try DER.sequence(body, identifier: .sequence) { nodes in
      guard var node = nodes.next() else { throw CertificateShapeError() }
      // The version is explicitly tagged [0] and absent in version 1.
      if node.identifier.tagClass == .contextSpecific {
        guard let next = nodes.next() else { throw CertificateShapeError() }
        node = next
      }
      for _ in ["signature", "issuer", "validity", "subject"] {
        guard let next = nodes.next() else { throw CertificateShapeError() }
        node = next
      }
      try self.readName(node)
      while nodes.next() != nil {}
    }
  }

  /// A sequence of sets of attributes.
  private mutating func readName(_ name: ASN1Node) throws {
    for relativeName in try Self.children(of: name) {
      for attribute in try Self.children(of: relativeName) {
        let parts = try Self.children(of: attribute)
        guard parts.count == 2 else { throw CertificateShapeError() }
        let identifier = try ASN1ObjectIdentifier(derEncoded: parts[0])
        if identifier == Self.commonNameIdentifier {
          try Self.set(&self.commonName, to: parts[1])
        } else if identifier == Self.serialNumberIdentifier {
          try Self.set(&self.serialNumber, to: parts[1])
        }
      }
    }
  }

  private static func children(of node: ASN1Node) throws -> [ASN1Node] {
    guard case .constructed(let nodes) = node.content else { throw CertificateShapeError() }
    return Array(nodes)
  }

  private static func set(_ attribute: inout String?, to value: ASN1Node) throws {
    guard attribute == nil, case .primitive(let bytes) = value.content,
      [.utf8String, .printableString].contains(value.identifier),
      let text = String(validating: bytes, as: UTF8.self)
    else { throw CertificateShapeError() }
    attribute = text
  }
}

private struct CertificateShapeError: Error {}
