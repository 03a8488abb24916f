// The check of a public beacon's rounds (drand: BLS on BLS12-381, keys in G2,
// signatures in G1). It is larger than all other modules together, so only the page
// that checks whole records loads it. Byte strings are lower-case hex.
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes as bytes } from "@noble/hashes/utils.js";
import { QUICKNET } from "./scheme.js";

/** drand's quicknet, pinned. */
const quicknet = {
  ...QUICKNET,
  public_key: "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
};

const DST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/** Whether signature is the chain's for the round. */
export function checkRound(chain, round, signature) {
  const number = new DataView(new ArrayBuffer(8));
  number.setBigUint64(0, BigInt(round));
  const short = bls12_381.shortSignatures;
  try {
    return short.verify(bytes(signature), short.hash(sha256(new Uint8Array(number.buffer)), DST), bytes(chain.public_key));
  } catch {
    return false; // not a point of the curve
  }
}

/**
 * For check's known.beacon: says of a record's beacon {chain: hash, round, signature}
 * which chain that is, and what is wrong with the signature: {chain, fault}.
 * chains: those known in addition to quicknet.
 */
export function beaconChecker(chains = []) {
  return ({ chain: hash, round, signature }) => {
    const chain = [quicknet, ...chains].find((c) => c.hash === hash);
    if (!chain) return { fault: `${hash} is no beacon that is known here` };
    return { chain, fault: checkRound(chain, round, signature) ? "" : `the signature is not the beacon's for round ${round}` };
  };
}
