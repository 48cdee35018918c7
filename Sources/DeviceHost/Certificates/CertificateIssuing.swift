import COpenSSL

extension Certificate {
  /// Issues a certificate: of X.509 version 3, signed by ECDSA with SHA-256 (RFC 5280).
  ///
  /// - Parameters:
  ///   - key: The subject's; its public half goes into the certificate.
  ///   - issuer: The authority's certificate; nil for one that signs itself.
  ///   - issuerKey: The authority's key, or the subject's own.
  static func issue(
    _ profile: CertificateProfile, key: borrowing PrivateKey, issuer: OpaquePointer?,
    issuerKey: borrowing PrivateKey
  ) throws(HostError) -> Certificate {
    guard let pointer = X509_new() else { throw failure(profile) }
    let certificate = Certificate(owning: pointer)
    let version3 = 2
    guard X509_set_version(pointer, version3) == 1, try setRandomSerial(pointer),
      X509_gmtime_adj(X509_getm_notBefore(pointer), profile.validFromSeconds) != nil,
      X509_gmtime_adj(X509_getm_notAfter(pointer), profile.validForSeconds) != nil,
      add(profile.commonName, as: NID_commonName, to: X509_get_subject_name(pointer)),
      X509_set_pubkey(pointer, key.pointer) == 1
    else { throw failure(profile) }
    if let serial = profile.subjectSerialNumber {
      guard add(serial, as: NID_serialNumber, to: X509_get_subject_name(pointer)) else {
        throw failure(profile)
      }
    }
    guard X509_set_issuer_name(pointer, X509_get_subject_name(issuer ?? pointer)) == 1 else {
      throw failure(profile)
    }
    for (kind, value) in try extensions(of: profile, hasIssuer: issuer != nil) {
      guard addExtension(kind, value, to: pointer, issuer: issuer ?? pointer) else {
        throw failure(profile)
      }
    }
    guard X509_sign(pointer, issuerKey.pointer, EVP_sha256()) > 0 else { throw failure(profile) }
    return certificate
  }
}

private func failure(_ profile: CertificateProfile) -> HostError {
  HostError("issue a certificate for", on: profile.commonName, because: takeOpenSSLErrorText())
}

/// Sets 16 random bytes, positive and not zero (RFC 5280, section 4.1.2.2).
private func setRandomSerial(_ certificate: OpaquePointer) throws(HostError) -> Bool {
  var bytes = try randomBytes(count: 16)
  bytes[0] = bytes[0] & 0x7f | 0x40
  guard let number = BN_bin2bn(bytes, CInt(bytes.count), nil) else { return false }
  defer { BN_free(number) }
  return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
}

private func add(_ value: String, as kind: CInt, to name: OpaquePointer?) -> Bool {
  let bytes = [UInt8](value.utf8)
  guard let count = CInt(exactly: bytes.count) else { return false }
  return X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, bytes, count, -1, 0) == 1
}

/// In OpenSSL's configuration syntax (x509v3_config(5)).
private func extensions(of profile: CertificateProfile, hasIssuer: Bool) throws(HostError)
  -> [(kind: CInt, value: String)]
{
  var list: [(kind: CInt, value: String)] = [(NID_subject_key_identifier, "hash")]
  if hasIssuer { list.append((NID_authority_key_identifier, "keyid:always")) }
  switch profile.usage {
  case .authority:
    list.append((NID_basic_constraints, "critical,CA:TRUE,pathlen:0"))
    list.append((NID_key_usage, "critical,keyCertSign,cRLSign"))
  case .server:
    list.append((NID_basic_constraints, "critical,CA:FALSE"))
    list.append((NID_key_usage, "critical,digitalSignature"))
    list.append((NID_ext_key_usage, "serverAuth"))
  case .client:
    list.append((NID_basic_constraints, "critical,CA:FALSE"))
    list.append((NID_key_usage, "critical,digitalSignature"))
    list.append((NID_ext_key_usage, "clientAuth"))
  }
  if !profile.names.isEmpty {
    list.append((NID_subject_alt_name, try profile.alternativeNames()))
  }
  return list
}

private func addExtension(
  _ kind: CInt, _ value: String, to certificate: OpaquePointer, issuer: OpaquePointer
) -> Bool {
  var context = X509V3_CTX()
  relink_X509V3_set_ctx_nodb(&context)
  X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
  guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return false }
  defer { X509_EXTENSION_free(made) }
  return X509_add_ext(certificate, made, -1) == 1
}
