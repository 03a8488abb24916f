// Package session knows who calls and from where: participants' tokens, hosts' keys,
// the cookies that hold them, addresses behind proxies, and the event that a path
// names.
//
// Nothing is stored: a token is signed with the node's key, and of host keys the
// log holds hashes.
package session
