// Owns the numbers of netlink(7) and rtnetlink(7), spelled as the kernel spells them (include/uapi/linux/netlink.h,
// rtnetlink.h, if_link.h, if_addr.h, veth.h). Facts of the kernel only, no logic.

export const AF_NETLINK = 16
export const AF_BRIDGE = 7
export const AF_INET6 = 10
export const SOCK_RAW = 3
export const NETLINK_ROUTE = 0

// Socket options
export const SOL_SOCKET = 1
export const SO_RCVTIMEO = 20
export const SO_BINDTODEVICE = 25
export const SO_ATTACH_FILTER = 26
export const SO_BINDTOIFINDEX = 62
export const SOL_NETLINK = 270
export const NETLINK_CAP_ACK = 10
export const NETLINK_EXT_ACK = 11
export const NETLINK_GET_STRICT_CHK = 12
export const MSG_PEEK = 2
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40

// Messages
export const NLMSG_NOOP = 1
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLM_F_REQUEST = 1
export const NLM_F_MULTI = 2
export const NLM_F_ACK = 4
export const NLM_F_DUMP_INTR = 0x10
export const NLM_F_CAPPED = 0x100
export const NLM_F_ACK_TLVS = 0x200
export const NLM_F_EXCL = 0x200
export const NLM_F_DUMP = 0x300
export const NLM_F_CREATE = 0x400
export const NLMSGERR_ATTR_MSG = 1
export const NLA_F_NESTED = 0x8000

export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_SETLINK = 19
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22
export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26

// Links
export const IFLA_ADDRESS = 1
export const IFLA_IFNAME = 3
export const IFLA_MTU = 4
export const IFLA_LINK = 5
export const IFLA_MASTER = 10
export const IFLA_PROTINFO = 12
export const IFLA_TXQLEN = 13
export const IFLA_LINKINFO = 18
export const IFLA_NET_NS_PID = 19
export const IFLA_STATS64 = 23
export const IFLA_NET_NS_FD = 28
export const IFLA_INFO_KIND = 1
export const IFLA_INFO_DATA = 2
export const VETH_INFO_PEER = 1
export const IFLA_VLAN_ID = 1
export const IFLA_MACVLAN_MODE = 1
export const IFLA_BRPORT_MODE = 4
export const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const

// Addresses
export const IFA_ADDRESS = 1
export const IFA_LOCAL = 2
export const IFA_FLAGS = 8
export const IFA_F_NODAD = 2
export const IFA_F_PERMANENT = 0x80

// Routes
export const RTA_DST = 1
export const RTA_OIF = 4
export const RTA_GATEWAY = 5
export const RTA_PREFSRC = 7
export const RTA_TABLE = 15
export const RT_TABLE_MAIN = 254
export const RT_SCOPE_UNIVERSE = 0
export const RT_SCOPE_LINK = 253
export const RTN_UNICAST = 1
export const RTN_LOCAL = 2
export const RTPROT_BOOT = 3
/** Who is in it hears of every change of an IPv6 route. */
export const RTMGRP_IPV6_ROUTE = 0x400
export const RTM_F_CLONED = 0x200
