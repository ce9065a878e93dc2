/**
 * The thumbprints (RFC 7638, SHA-256) of the keys that `cognito-guard/testing` signs with. Their private halves
 * are public, so an issuer refuses them unless it is told `insecureTestKeys: true`.
 */
export const testKeyThumbprints: ReadonlySet<string> = new Set([
  'GWrkGtwM-y52hUyzHHF0Q2j27CkPGp31ixPGJQXrw_s',
  '6JmrDuKztwEPrEhCi7ZI_FXEavB84MNNj8i8Rb-GWsk',
  'JCDV8UEQX5vH_TdnyxdjIWRLei-r149ngLIpbunSPwA',
  '3Nbtt-tbEAHkH3F-Yt6UE9cWnIR39D3X-bp3aSH4t_8',
  '8kc_dXhAiL7baUQMDAl4H-UfL9ISXsQWz6QynOdjTg0',
  'fc1rmSoyuQct8bHh9UdM8BL5YoQC-THxOnUzu_9vEzU',
  'SgFrAJtSlxAK-iJdEOt-sN0YNtpp6H1w_FTMFE16JuI',
  'BFAjfgBuwQcR_vSWlUodOhwLF-6j9aC3LRrFKO3DAT8',
])
