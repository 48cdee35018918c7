import DeviceProtocol

extension MemoryRecords {
  func save(_ attempts: LoginAttempts?, for key: LoginAttemptKey) {
    let former = self.tables.loginAttempts.put(attempts, for: key)
    if former != nil || attempts != nil { self.canUndo(.putLoginAttempts(former, key)) }
  }

  func removeLoginAttempts(before time: UnixMilliseconds, keeping count: Int) {
    while let (key, attempts) = self.tables.loginAttempts.removeOne(lastFailureBefore: time) {
      self.canUndo(.putLoginAttempts(attempts, key))
    }
    while self.tables.loginAttempts.count > count,
      let (key, attempts) = self.tables.loginAttempts.removeOldest()
    {
      self.canUndo(.putLoginAttempts(attempts, key))
    }
  }

  func save(_ factor: SecondFactor) {
    let former = self.tables.secondFactors.updateValue(factor, forKey: factor.account)
    self.canUndo(.putSecondFactor(former, factor.account))
  }

  func removeSecondFactor(of account: AccountID) {
    if let former = self.tables.secondFactors.removeValue(forKey: account) {
      self.canUndo(.putSecondFactor(former, account))
    }
  }

  func removeUnusedCodes(of account: AccountID) {
    let codes = self.tables.authorizationCodes.all {
      $0.account == account && $0.usedFor == nil
    }
    for code in codes {
      self.tables.authorizationCodes.remove(code.hash)
      self.canUndo(.putAuthorizationCode(code))
    }
    let approvals = self.tables.deviceAuthorizations.all {
      guard case .approved(account, _, _)? = $0.decision else { return false }
      return $0.usedFor == nil
    }
    for approval in approvals {
      self.tables.deviceAuthorizations.remove(approval.hash)
      self.canUndo(.putDeviceAuthorization(approval))
    }
  }
}
